{#- Fails with every text column that holds an address, and tells in how many rows: the address itself must not stand in one more place.
    `of_this_run` is the column by which a build tells new rows (is_of_this_run). -#}
{% test no_email_address(model, except=[], of_this_run=none) %}
    {%- set is_new = is_of_this_run(of_this_run) %}
    {%- set columns = adapter.get_columns_in_relation(model) if execute else [] %}
    select
        'none' as column_name,
        0 as row_count
    from {{ model }}
    where false
    {%- for column in columns if column.name not in except
        and (column.is_string() or column.name == 'custom_keys') %}
        {%- set text = custom_keys_text(column.name) if column.name == 'custom_keys' else column.name %}
    union all
    select
        '{{ column.name }}' as column_name,
        count(*) as row_count
    from {{ model }}
    where {{ is_new }} and {{ text }} like '%@%' and {{ regexp_matches(text, "'[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+[.][A-Za-z0-9.-]+'") }}
    having count(*) > 0
    {%- endfor %}
{% endtest %}
