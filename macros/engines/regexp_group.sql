{% macro regexp_group(value, pattern) -%}
    {{ return(adapter.dispatch('regexp_group', 'identity_graph')(value, pattern)) }}
{%- endmacro %}

{% macro duckdb__regexp_group(value, pattern) -%}
    regexp_extract({{ value }}, '{{ pattern }}', 1)
{%- endmacro %}

{% macro bigquery__regexp_group(value, pattern) -%}
    regexp_extract({{ value }}, r'{{ pattern }}')
{%- endmacro %}
