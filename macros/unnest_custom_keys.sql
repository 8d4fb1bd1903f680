{% macro unnest_custom_keys(custom_keys, alias) -%}
    {{ return(adapter.dispatch('unnest_custom_keys', 'identity_graph')(custom_keys, alias)) }}
{%- endmacro %}

{% macro duckdb__unnest_custom_keys(custom_keys, alias) -%}
    (
        select
            unnest(map_keys({{ custom_keys }})),
            unnest(map_values({{ custom_keys }}))
    ) as {{ alias }} (key_type, key_value)
{%- endmacro %}

{% macro bigquery__unnest_custom_keys(custom_keys, alias) -%}
    unnest({{ custom_keys }}) as {{ alias }}
{%- endmacro %}
