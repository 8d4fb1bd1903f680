{% macro generate_schema_name(custom_schema_name, node) -%}
    {#- One DuckDB file is one environment, so schemas keep their plain names; a shared warehouse gets the prefix. -#}
    {%- if custom_schema_name is none -%}
        {{ target.schema }}
    {%- elif target.type == 'duckdb' -%}
        {{ custom_schema_name | trim }}
    {%- else -%}
        {{ target.schema }}_{{ custom_schema_name | trim }}
    {%- endif -%}
{%- endmacro %}
