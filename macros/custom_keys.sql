{% macro custom_keys(properties, rules) -%}
    {{ return(adapter.dispatch('custom_keys', 'identity_graph')(properties, rules)) }}
{%- endmacro %}

{% macro duckdb__custom_keys(properties, rules) -%}
    {%- if not rules -%}
    cast(null as map(varchar, varchar))
    {%- else -%}
    case
        when json_valid({{ properties }}) then map_from_entries(list_filter([
            {%- for rule in rules %}
            {%- set value = "nullif(trim(" ~ json_text(properties, rule.key_type) ~ "), '')" %}
            {'key': '{{ rule.key_type }}', 'value': {{ token(value) if rule.is_sensitive else value }}}
            {{- "," if not loop.last }}
            {%- endfor %}
        ], lambda entry: entry.value is not null))
    end
    {%- endif -%}
{%- endmacro %}
