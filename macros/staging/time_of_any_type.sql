{% macro time_of_any_type(columns, name) -%}
    {#- One vendor lands a time as a timestamp, as text, or as a number since 1970, whose size says of which unit it is. -#}
    {%- set text = raw_column(columns, name) -%}
    {%- set number = cast_or_null(text, 'numeric' if target.type == 'bigquery' else 'decimal(30, 6)') -%}
    {%- set units = 'case when abs(sent_number) < 100000000000 then 1000000 when abs(sent_number) < 100000000000000 then 1000 else 1 end' -%}
    {%- if columns is mapping and columns.get(name, '').startswith(('TIMESTAMP', 'DATE')) -%}
        {{ to_utc_timestamp(name) }}
    {%- else -%}
        coalesce({{ to_utc_timestamp(text) }}, {{ let('sent_number', number, to_utc_timestamp('sent_number * ' ~ units, 'microseconds')) }})
    {%- endif -%}
{%- endmacro %}
