{% macro raw_column(columns, name, data_type=none) -%}
    {%- set type = data_type or dbt.type_string() -%}
    {%- if name not in columns -%}
        cast(null as {{ type }})
    {%- elif data_type is none -%}
        {{ trimmed('cast(' ~ name ~ ' as ' ~ type ~ ')') }}
    {%- else -%}
        {{ cast_or_null(name, type) }}
    {%- endif -%}
{%- endmacro %}
