{% macro rows_if_there(raw_table, rows, events) -%}
    {#- A vendor's table that may be missing then has no rows, and the model stands all the same. -#}
    {%- if has_raw_table(raw_table) -%}
        select
            *,
            {{ raw_file() }} as source_file,
            {{ raw_row_number(rows) }} as source_row_number
        from {{ rows }}
        where {{ raw_file() }} is not null
    {%- else -%}
        select
            raw_file as source_file,
            raw_row_number as source_row_number
        from {{ events }}
        where false
    {%- endif -%}
{%- endmacro %}
