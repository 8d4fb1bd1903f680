{% macro custom_keys_text(custom_keys) -%}
    {{ return(adapter.dispatch('custom_keys_text', 'identity_graph')(custom_keys)) }}
{%- endmacro %}

{% macro duckdb__custom_keys_text(custom_keys) -%}
    array_to_string(list_transform(map_entries({{ custom_keys }}), lambda entry: entry.key || '=' || entry.value), ', ')
{%- endmacro %}

{% macro bigquery__custom_keys_text(custom_keys) -%}
    (
        select string_agg(concat(entry.key_type, '=', entry.key_value), ', ' order by position)
        from unnest({{ custom_keys }}) as entry with offset as position
    )
{%- endmacro %}
