{% macro json_text(json, property) -%}
    {#- The property of an object, or of what lies within it: ['web_info', 'browser'], ['company', 0]. -#}
    {%- set parts = ['$'] -%}
    {%- for part in ([property] if property is string else property) -%}
        {%- do parts.append('."' ~ part ~ '"' if part is string else '[' ~ part ~ ']') -%}
    {%- endfor -%}
    {{ return(adapter.dispatch('json_text', 'identity_graph')(json, parts | join)) }}
{%- endmacro %}

{% macro duckdb__json_text(json, path) -%}
    json_extract_string({{ json }}, '{{ path }}')
{%- endmacro %}

{% macro bigquery__json_text(json, path) -%}
    json_value({{ json }}, '{{ path }}')
{%- endmacro %}

{% macro json_text_of_any(json, properties) -%}
    coalesce(
        {%- for property in properties %}
        {{ trimmed(json_text(json, property)) }},
        {%- endfor %}
        cast(null as {{ dbt.type_string() }})
    )
{%- endmacro %}

{% macro json_texts(json, property) -%}
    {{ return(adapter.dispatch('json_texts', 'identity_graph')(json, property)) }}
{%- endmacro %}

{% macro duckdb__json_texts(json, property) -%}
    array_to_string(json_extract_string({{ json }}, '$[*].{{ property }}'), ',')
{%- endmacro %}

{% macro bigquery__json_texts(json, property) -%}
    array_to_string(array(
        select json_value(item, '$.{{ property }}') from unnest(json_query_array({{ json }})) as item with offset as position order by position
    ), ',')
{%- endmacro %}

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
