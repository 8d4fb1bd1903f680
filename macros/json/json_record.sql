{% macro json_record(columns, name) -%}
    {#- A raw record, nested or as JSON text, as JSON that can be read; null where it is missing or no JSON. -#}
    {%- if name in columns -%}
    {%- set json = json_column(columns, name) -%}
    case when {{ is_json(json) }} then {{ json }} end
    {%- else -%}
    {{ raw_column(columns, name) }}
    {%- endif -%}
{%- endmacro %}
