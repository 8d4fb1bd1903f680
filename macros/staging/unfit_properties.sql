{% macro first_missing_property(names, properties, columns) -%}
    {%- set value -%}
    case
        {%- for name, column in columns.items() %}
        when rule = '{{ name }}' then cast({{ column }} as {{ dbt.type_string() }})
        {%- endfor %}
        {#- A key may be sent as a column. #}
        when true then coalesce(
            {{ adapter.dispatch('custom_key', 'identity_graph')('custom_keys', 'rule') }},
            {{ property_of_rule(properties, 'rule') }}
        )
    end
    {%- endset -%}
    {{ adapter.dispatch('first_rule', 'identity_graph')(names, 'coalesce(' ~ value ~ ", '') = ''") }}
{%- endmacro %}

{% macro first_mistyped_property(types, properties, is_revenue_an_amount) -%}
    {%- set number = cast_or_null('value', type_double()) -%}
    {%- set is_mistyped -%}
    case
        when coalesce(trim(value), '') = '' then false
        {#- What staging took out had a value; of which type nobody knows any more. #}
        when value = '[removed]' then false
        {#- An amount is read as people write it: outside, for DuckDB compiles what stands here for each 2,048 rows. #}
        when rule = 'revenue:number' then not {{ is_revenue_an_amount }}
        when rule like '%:number' then {{ number }} is null
        when rule like '%:integer' then not coalesce({{ number }} = floor({{ number }}) and abs({{ number }}) < 1e38, false)
        when rule like '%:boolean' then lower(value) not in ('true', 'false')
        when rule like '%:timestamp' then {{ to_utc_timestamp('value') }} is null
        else false
    end
    {%- endset -%}
    {%- set value = property_of_rule(properties, dbt.split_part('rule', "':'", 1)) -%}
    {{ dbt.split_part(adapter.dispatch('first_rule', 'identity_graph')(types, let('value', value, is_mistyped)), "':'", 1) }}
{%- endmacro %}

{% macro duckdb__first_rule(rules, condition) -%}
    list_filter(split({{ rules }}, '|'), lambda rule: {{ condition }})[1]
{%- endmacro %}
{% macro bigquery__first_rule(rules, condition) -%}
    (select rule from unnest(split({{ rules }}, '|')) as rule with offset as position where {{ condition }} order by position limit 1)
{%- endmacro %}

{% macro property_of_rule(properties, name) -%}
    {{ return(adapter.dispatch('property_of_rule', 'identity_graph')('case when ' ~ is_json(properties) ~ ' then ' ~ properties ~ ' end', name)) }}
{%- endmacro %}
{% macro duckdb__property_of_rule(json, name) -%}
    json_extract_string({{ json }}, '$."' || {{ name }} || '"')
{%- endmacro %}
{% macro bigquery__property_of_rule(json, name) -%}
    nullif(trim(to_json_string(parse_json({{ json }}, wide_number_mode => 'round')[{{ name }}]), '"'), 'null')
{%- endmacro %}
