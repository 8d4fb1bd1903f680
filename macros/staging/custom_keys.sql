{% macro custom_keys(values, rules) -%}
    {{ return(adapter.dispatch('custom_keys', 'identity_graph')(values, rules)) }}
{%- endmacro %}

{% macro duckdb__custom_keys(values, rules) -%}
    {%- if not rules -%}
    cast(null as map(varchar, varchar))
    {%- else -%}
    case
        when coalesce({{ values | join(', ') }}) is not null then map_from_entries(list_filter([
            {%- for rule in rules %}
            {%- set value = values[loop.index0] %}
            {'key': '{{ rule.key_type }}', 'value': {{ token(value) if rule.is_sensitive else hashed_if_address(value) }}}
            {{- "," if not loop.last }}
            {%- endfor %}
        ], lambda entry: entry['value'] is not null))
    end
    {%- endif -%}
{%- endmacro %}

{% macro bigquery__custom_keys(values, rules) -%}
    {%- if not rules -%}
    cast(null as array<struct<key_type string, key_value string>>)
    {%- else -%}
    array(
        select entry
        from unnest([
            {%- for rule in rules %}
            {%- set value = values[loop.index0] %}
            struct('{{ rule.key_type }}' as key_type, {{ token(value) if rule.is_sensitive else hashed_if_address(value) }} as key_value)
            {{- "," if not loop.last }}
            {%- endfor %}
        ]) as entry
        where entry.key_value is not null
    )
    {%- endif -%}
{%- endmacro %}
