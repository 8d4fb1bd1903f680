{#- Fails with every combination of the columns that occurs more than once. Nulls count as equal. `of_this_run` is a column by which
    is_of_this_run tells new rows: of the first column, a build then looks at the values of new rows only. -#}
{% test unique_combination_of_columns(model, combination_of_columns, of_this_run=none) %}

    {%- set is_new = is_of_this_run(of_this_run) %}

    select
        {{ combination_of_columns | join(', ') }},
        count(*) as row_count
    from {{ model }}
    {%- if of_this_run in combination_of_columns %}
    where {{ is_new }}
    {%- elif is_new != 'true' %}
    where {{ combination_of_columns[0] }} in (select {{ combination_of_columns[0] }} from {{ model }} where {{ is_new }})
    {%- endif %}
    group by {{ combination_of_columns | join(', ') }}
    having count(*) > 1

{% endtest %}
