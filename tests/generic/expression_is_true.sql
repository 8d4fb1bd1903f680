{#-
    Fails with every row for which the SQL expression is false. A null result passes.
    On a column the expression follows the column's name: `expression: ">= 0"`.
-#}
{% test expression_is_true(model, expression, column_name=none) %}

    select *
    from {{ model }}
    where not ({{ column_name if column_name is not none }} {{ expression }})

{% endtest %}
