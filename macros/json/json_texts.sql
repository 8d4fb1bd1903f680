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
