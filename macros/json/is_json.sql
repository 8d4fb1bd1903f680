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
