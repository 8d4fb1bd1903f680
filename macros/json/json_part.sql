{% macro is_json(text) -%}
    {{ return(adapter.dispatch('is_json', 'identity_graph')(text)) }}
{%- endmacro %}

{% macro duckdb__is_json(text) -%}
    json_valid({{ text }})
{%- endmacro %}

{% macro bigquery__is_json(text) -%}
    {#- Numbers beyond a double are no reason to refuse an event. -#}
    (safe.parse_json({{ text }}, wide_number_mode => 'round') is not null)
{%- endmacro %}

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
