{% macro json_object_text(json, property) -%}
    {{ return(adapter.dispatch('json_object_text', 'identity_graph')(json, property)) }}
{%- endmacro %}

{% macro duckdb__json_object_text(json, property) -%}
    case
        when json_type({{ json }}, '$."{{ property }}"') = 'OBJECT' then cast(json_extract({{ json }}, '$."{{ property }}"') as varchar)
    end
{%- endmacro %}

{% macro bigquery__json_object_text(json, property) -%}
    {#- Also gives a text, with its quotes, and a list; neither has properties. -#}
    json_query({{ json }}, '$."{{ property }}"')
{%- endmacro %}
