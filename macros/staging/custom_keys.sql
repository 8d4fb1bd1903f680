{% macro custom_keys(rules, columns={}, ad_platform_values={}) -%}
    {%- set entries = [] -%}
    {%- for rule in rules -%}
        {%- set column = columns.get(rule.key_type, 'custom_key_' ~ loop.index) -%}
        {%- do entries.append({
            'key_type': rule.key_type, 'column': column, 'value': token(column) if rule.is_sensitive else hashed_if_address(column)
        }) -%}
    {%- endfor -%}
    {%- for key_type, value in ad_platform_values.items() -%}
        {%- do entries.append({'key_type': key_type, 'column': value, 'value': ad_platform_hash(key_type, value)}) -%}
    {%- endfor -%}
    {{ return(adapter.dispatch('custom_keys', 'identity_graph')(entries)) }}
{%- endmacro %}

{% macro duckdb__custom_keys(entries) -%}
    {%- if not entries -%}
    cast(null as map(varchar, varchar))
    {%- else -%}
    case
        when coalesce({{ entries | map(attribute='column') | join(', ') }}) is not null then map_from_entries(list_filter([
            {%- for entry in entries %}
            {'key': '{{ entry.key_type }}', 'value': {{ entry.value }}}{{ "," if not loop.last }}
            {%- endfor %}
        ], lambda entry: entry['value'] is not null))
    end
    {%- endif -%}
{%- endmacro %}

{% macro bigquery__custom_keys(entries) -%}
    {%- if not entries -%}
    cast(null as array<struct<key_type string, key_value string>>)
    {%- else -%}
    array(
        select entry
        from unnest([
            {%- for entry in entries %}
            struct('{{ entry.key_type }}' as key_type, {{ entry.value }} as key_value){{ "," if not loop.last }}
            {%- endfor %}
        ]) as entry
        where entry.key_value is not null
    )
    {%- endif -%}
{%- endmacro %}
