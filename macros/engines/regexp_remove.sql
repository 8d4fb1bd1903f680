{% macro regexp_remove(value, pattern) -%}
    {{ return(adapter.dispatch('regexp_remove', 'identity_graph')(value, pattern)) }}
{%- endmacro %}

{% macro duckdb__regexp_remove(value, pattern) -%}
    regexp_replace({{ value }}, '{{ pattern }}', '', 'g')
{%- endmacro %}

{% macro bigquery__regexp_remove(value, pattern) -%}
    regexp_replace({{ value }}, r'{{ pattern }}', '')
{%- endmacro %}
