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
