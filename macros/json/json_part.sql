{% macro json_part(json, path) -%}
    {#- Readers of JSON may fail where the text is none. -#}
    case when {{ is_json(json) }} then {{ adapter.dispatch('json_part', 'identity_graph')(json, path) }} end
{%- endmacro %}

{% macro duckdb__json_part(json, path) -%}
    nullif(cast(json_extract({{ json }}, '{{ path }}') as varchar), 'null')
{%- endmacro %}

{% macro bigquery__json_part(json, path) -%}
    {#- Of text it gives text, and the cast says so. -#}
    cast(json_query({{ json }}, '{{ path }}') as string)
{%- endmacro %}
