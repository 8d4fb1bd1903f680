{% macro custom_key(custom_keys, key_type) -%}
    {{ return(adapter.dispatch('custom_key', 'identity_graph')(custom_keys, "'" ~ key_type ~ "'")) }}
{%- endmacro %}

{% macro duckdb__custom_key(custom_keys, key_type) -%}
    {{ custom_keys }}[{{ key_type }}]
{%- endmacro %}

{% macro bigquery__custom_key(custom_keys, key_type) -%}
    (select max(entry.key_value) from unnest({{ custom_keys }}) as entry where entry.key_type = {{ key_type }})
{%- endmacro %}
