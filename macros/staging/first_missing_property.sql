{% macro first_missing_property(required_properties, columns, properties) -%}
    {{ return(adapter.dispatch('first_missing_property', 'identity_graph')(required_properties, columns, properties)) }}
{%- endmacro %}

{% macro duckdb__first_missing_property(required_properties, columns, properties) -%}
    list_filter(
        string_split({{ required_properties }}, '|'),
        lambda property: case property
            {%- for name, column in columns.items() %}
            when '{{ name }}' then {{ column }} is null
            {%- endfor %}
            {#- Only case keeps malformed JSON from the extraction; `or` evaluates both sides. #}
            else coalesce(
                json_extract_string(
                    case when json_valid({{ properties }}) then {{ properties }} end, '$."' || property || '"'
                ),
                ''
            ) = ''
        end
    )[1]
{%- endmacro %}

{% macro bigquery__first_missing_property(required_properties, columns, properties) -%}
    (
        select property
        from unnest(split({{ required_properties }}, '|')) as property with offset as position
        where case property
            {%- for name, column in columns.items() %}
            when '{{ name }}' then {{ column }} is null
            {%- endfor %}
            else to_json_string(
                parse_json(
                    case when {{ is_json(properties) }} then {{ properties }} end, wide_number_mode => 'round'
                )[property]
            ) in ('null', '""')
        end
        order by position
        limit 1
    )
{%- endmacro %}
