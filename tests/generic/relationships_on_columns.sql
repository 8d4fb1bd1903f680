{#-
    Like relationships, for a key of several columns. Fails with every row whose combination of columns does not occur in `to`.
    Rows with a null in the key pass. `to_columns` names the columns in `to` where they differ. `of_this_run` is the column by which a
    build tells new rows (is_of_this_run).
-#}
{% test relationships_on_columns(model, columns, to, to_columns=none, of_this_run=none) %}

    {%- set parent_columns = to_columns or columns %}

    with child as (

        select {{ columns | join(', ') }}
        from {{ model }}
        where
            {%- for column in columns %}
            {{ column }} is not null and
            {%- endfor %}
            {{ is_of_this_run(of_this_run) }}

    ),

    parent as (

        select distinct {{ parent_columns | join(', ') }}
        from {{ to }}

    )

    select child.*
    from child
    left join parent
        on
            {%- for column in columns %}
            child.{{ column }} = parent.{{ parent_columns[loop.index0] }} {{- ' and' if not loop.last }}
            {%- endfor %}
    where parent.{{ parent_columns[0] }} is null

{% endtest %}
