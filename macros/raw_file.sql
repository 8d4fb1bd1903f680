{% macro raw_file() -%}
    {{ return(adapter.dispatch('raw_file', 'identity_graph')()) }}
{%- endmacro %}

{% macro duckdb__raw_file() -%}
    raw_file
{%- endmacro %}

{% macro bigquery__raw_file() -%}
    cast(_partitiontime as string)
{%- endmacro %}
