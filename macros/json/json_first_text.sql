{% macro json_first_text(json, property) -%}
    {{ return(adapter.dispatch('json_first_text', 'identity_graph')(json, property)) }}
{%- endmacro %}

{% macro duckdb__json_first_text(json, property) -%}
    case
        when json_type({{ json }}, '$."{{ property }}"') = 'ARRAY' then json_extract_string({{ json }}, '$."{{ property }}"[0]')
        else json_extract_string({{ json }}, '$."{{ property }}"')
    end
{%- endmacro %}

{% macro bigquery__json_first_text(json, property) -%}
    coalesce(json_value({{ json }}, '$."{{ property }}"[0]'), json_value({{ json }}, '$."{{ property }}"'))
{%- endmacro %}
