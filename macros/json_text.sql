{% macro json_text(json, property) -%}
    {{ return(adapter.dispatch('json_text', 'identity_graph')(json, property)) }}
{%- endmacro %}

{% macro duckdb__json_text(json, property) -%}
    json_extract_string({{ json }}, '$."{{ property }}"')
{%- endmacro %}

{% macro bigquery__json_text(json, property) -%}
    json_value({{ json }}, '$."{{ property }}"')
{%- endmacro %}
