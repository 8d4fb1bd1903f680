{% macro regexp_replaced(value, pattern, replacement='') -%}
    {{ return(adapter.dispatch('regexp_replaced', 'identity_graph')(value, pattern, replacement)) }}
{%- endmacro %}

{% macro duckdb__regexp_replaced(value, pattern, replacement) -%}
    regexp_replace({{ value }}, {{ sql_text(pattern) }}, '{{ replacement }}', 'g')
{%- endmacro %}

{% macro bigquery__regexp_replaced(value, pattern, replacement) -%}
    regexp_replace({{ value }}, {{ sql_text(pattern, is_pattern=true) }}, r'{{ replacement }}')
{%- endmacro %}
