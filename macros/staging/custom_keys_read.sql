{% macro unnest_custom_keys(custom_keys, alias) -%}
    {{ return(adapter.dispatch('unnest_custom_keys', 'identity_graph')(custom_keys, alias)) }}
{%- endmacro %}

{% macro duckdb__unnest_custom_keys(custom_keys, alias) -%}
    (
        select
            entry.key_type,
            entry.key_value
        from (select unnest(flatten(list_transform(
            map_entries({{ custom_keys }}),
            lambda pair: list_transform(split(pair.value, chr(31)), lambda single: {'key_type': pair.key, 'key_value': single})
        ))) as entry)
    ) as {{ alias }} (key_type, key_value)
{%- endmacro %}

{% macro bigquery__unnest_custom_keys(custom_keys, alias) -%}
    unnest(array(
        select as struct entry.key_type, key_value
        from unnest({{ custom_keys }}) as entry
        cross join unnest(split(entry.key_value, chr(31))) as key_value
    )) as {{ alias }}
{%- endmacro %}

{% macro custom_keys_text(custom_keys) -%}
    {{ return(adapter.dispatch('custom_keys_text', 'identity_graph')(custom_keys)) }}
{%- endmacro %}

{% macro duckdb__custom_keys_text(custom_keys) -%}
    {{ list_text('map_entries(' ~ custom_keys ~ ')', 'entry', "entry.key || '=' || entry.value", ', ') }}
{%- endmacro %}

{% macro bigquery__custom_keys_text(custom_keys) -%}
    {{ list_text(custom_keys, 'entry', "concat(entry.key_type, '=', entry.key_value)", ', ') }}
{%- endmacro %}

{% macro custom_key(custom_keys, key_type) -%}
    {{ return(adapter.dispatch('custom_key', 'identity_graph')(custom_keys, "'" ~ key_type ~ "'")) }}
{%- endmacro %}

{% macro duckdb__custom_key(custom_keys, key_type) -%}
    {{ custom_keys }}[{{ key_type }}]
{%- endmacro %}

{% macro bigquery__custom_key(custom_keys, key_type) -%}
    (select max(entry.key_value) from unnest({{ custom_keys }}) as entry where entry.key_type = {{ key_type }})
{%- endmacro %}
