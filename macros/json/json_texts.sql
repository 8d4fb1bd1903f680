{% macro json_texts(json, path) -%}
    {{ return(adapter.dispatch('json_texts', 'identity_graph')(json, path)) }}
{%- endmacro %}

{% macro duckdb__json_texts(json, path) -%}
    nullif(array_to_string(json_extract_string({{ json }}, '{{ path }}[*]'), {{ value_separator() }}), '')
{%- endmacro %}

{% macro bigquery__json_texts(json, path) -%}
    nullif(array_to_string(json_value_array({{ json }}, '{{ path }}'), {{ value_separator() }}), '')
{%- endmacro %}
