{#- Fails with every row that has a regular expression which the engine cannot read in one of the columns. Null passes. -#}
{% test patterns_can_be_read(model, columns) %}

    select *
    from {{ model }}
    where
        {% for column in columns %}
            {{ 'or' if not loop.first }} (
                {{ column }} is not null
                and {{ 'try(' if target.type == 'duckdb' else 'safe.' }}{{ regexp_matches("''", column) }}{{ ')' if target.type == 'duckdb' }} is null
            )
        {% endfor %}

{% endtest %}
