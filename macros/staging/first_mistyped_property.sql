{% macro first_mistyped_property(property_types, properties) -%}
    {{ return(adapter.dispatch('first_mistyped_property', 'identity_graph')(property_types, properties)) }}
{%- endmacro %}

{% macro duckdb__first_mistyped_property(property_types, properties) -%}
    {#- The value is read once, not in each branch. -#}
    split_part(
        list_filter(
            list_transform(
                string_split({{ property_types }}, '|'),
                lambda property: {
                    'property': property,
                    'value': json_extract_string(
                        case when json_valid({{ properties }}) then {{ properties }} end, '$."' || split_part(property, ':', 1) || '"'
                    )
                }
            ),
            lambda entry: entry['value'] is not null and case split_part(entry['property'], ':', 2)
                when 'number' then try_cast(entry['value'] as double) is null
                when 'integer' then try_cast(entry['value'] as double) is distinct from try_cast(entry['value'] as hugeint)
                when 'boolean' then lower(entry['value']) not in ('true', 'false')
                when 'timestamp' then try_cast(entry['value'] as timestamptz) is null
                else false
            end
        )[1]['property'],
        ':', 1
    )
{%- endmacro %}

{% macro bigquery__first_mistyped_property(property_types, properties) -%}
    {%- set value -%}
    nullif(trim(to_json_string(
        parse_json(
            case when {{ is_json(properties) }} then {{ properties }} end, wide_number_mode => 'round'
        )[split(property, ':')[offset(0)]]
    ), '"'), 'null')
    {%- endset -%}
    (
        select split(property, ':')[offset(0)]
        from unnest(split({{ property_types }}, '|')) as property with offset as position
        where
            {{ value }} is not null
            and case split(property, ':')[safe_offset(1)]
                when 'number' then safe_cast({{ value }} as float64) is null
                when 'integer'
                    then safe_cast({{ value }} as float64) is null
                    or safe_cast({{ value }} as float64) != trunc(safe_cast({{ value }} as float64))
                when 'boolean' then lower({{ value }}) not in ('true', 'false')
                when 'timestamp' then safe_cast({{ value }} as timestamp) is null
                else false
            end
        order by position
        limit 1
    )
{%- endmacro %}
