{% macro json_text(json, property) -%}
    {#- The property of an object, or of an object within it: ['web_info', 'browser']. -#}
    {%- set path = '$."' ~ ([property] if property is string else property) | join('"."') ~ '"' -%}
    {{ return(adapter.dispatch('json_text', 'identity_graph')(json, path)) }}
{%- endmacro %}

{% macro duckdb__json_text(json, path) -%}
    json_extract_string({{ json }}, '{{ path }}')
{%- endmacro %}

{% macro bigquery__json_text(json, path) -%}
    json_value({{ json }}, '{{ path }}')
{%- endmacro %}
