{% macro unnest_custom_keys(custom_keys) -%}
    {{ return(adapter.dispatch('unnest_custom_keys', 'identity_graph')(custom_keys)) }}
{%- endmacro %}

{% macro duckdb__unnest_custom_keys(custom_keys) -%}
    (
        select
            unnest(map_keys({{ custom_keys }})),
            unnest(map_values({{ custom_keys }}))
    )
{%- endmacro %}

{% macro bigquery__unnest_custom_keys(custom_keys) -%}
    unnest({{ custom_keys }})
{%- endmacro %}
