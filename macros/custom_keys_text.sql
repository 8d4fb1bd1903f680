{% macro custom_keys_text(custom_keys) -%}
    {{ return(adapter.dispatch('custom_keys_text', 'identity_graph')(custom_keys)) }}
{%- endmacro %}

{% macro duckdb__custom_keys_text(custom_keys) -%}
    cast({{ custom_keys }} as varchar)
{%- endmacro %}

{% macro bigquery__custom_keys_text(custom_keys) -%}
    to_json_string({{ custom_keys }})
{%- endmacro %}
