{% macro regexp_matches(value, pattern) -%}
    {{ return(adapter.dispatch('regexp_matches', 'identity_graph')(value, pattern)) }}
{%- endmacro %}

{% macro duckdb__regexp_matches(value, pattern) -%}
    regexp_matches({{ value }}, {{ pattern }})
{%- endmacro %}

{% macro bigquery__regexp_matches(value, pattern) -%}
    regexp_contains({{ value }}, {{ pattern }})
{%- endmacro %}

{% macro regexp_group(value, pattern) -%}
    {{ return(adapter.dispatch('regexp_group', 'identity_graph')(value, pattern)) }}
{%- endmacro %}

{% macro duckdb__regexp_group(value, pattern) -%}
    regexp_extract({{ value }}, '{{ pattern }}', 1)
{%- endmacro %}

{% macro bigquery__regexp_group(value, pattern) -%}
    regexp_extract({{ value }}, r'{{ pattern }}')
{%- endmacro %}

{% macro regexp_replaced(value, pattern, replacement='') -%}
    {{ return(adapter.dispatch('regexp_replaced', 'identity_graph')(value, pattern, replacement)) }}
{%- endmacro %}

{% macro duckdb__regexp_replaced(value, pattern, replacement) -%}
    regexp_replace({{ value }}, {{ sql_text(pattern) }}, '{{ replacement }}', 'g')
{%- endmacro %}

{% macro bigquery__regexp_replaced(value, pattern, replacement) -%}
    regexp_replace({{ value }}, {{ sql_text(pattern, is_pattern=true) }}, r'{{ replacement }}')
{%- endmacro %}
