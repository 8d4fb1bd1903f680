{% macro regexp_matches(value, pattern) -%}
    {{ return(adapter.dispatch('regexp_matches', 'identity_graph')(value, pattern)) }}
{%- endmacro %}

{% macro duckdb__regexp_matches(value, pattern) -%}
    regexp_matches({{ value }}, {{ pattern }})
{%- endmacro %}

{% macro bigquery__regexp_matches(value, pattern) -%}
    regexp_contains({{ value }}, {{ pattern }})
{%- endmacro %}
