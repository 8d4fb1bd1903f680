{% macro nested_column(columns, path, data_type=none) -%}
    {%- set type = data_type or dbt.type_string() -%}
    {%- if path.split('.')[0] not in columns -%}
        cast(null as {{ type }})
    {%- elif data_type is none -%}
        {{ trimmed('cast(' ~ path ~ ' as ' ~ type ~ ')') }}
    {%- else -%}
        {{ cast_or_null(path, type) }}
    {%- endif -%}
{%- endmacro %}
