{% macro records_json(json, left_out=[]) -%}
    {#- Sorted, because a record's place in the list means nothing; of two with one key, the first stays the first. -#}
    {%- set condition -%}
    record.key is not null{% if left_out %} and record.key not in ('{{ left_out | join("', '") }}'){% endif %}
    {%- endset -%}
    {{ return(adapter.dispatch('records_json', 'identity_graph')(json, condition)) }}
{%- endmacro %}

{% macro number_text(value) -%}
    {#- Engines write 10.0 in different ways, and neither infinity nor NaN is JSON. -#}
    case
        when {{ value }} = floor({{ value }}) and abs({{ value }}) < 1e15
            then cast(cast({{ value }} as {{ dbt.type_bigint() }}) as {{ dbt.type_string() }})
        when abs({{ value }}) <= 1.7976931348623157e308 then cast({{ value }} as {{ dbt.type_string() }})
    end
{%- endmacro %}

{% macro duckdb__records_json(json, condition) -%}
    {#- Whatever fields the sent records have, these have all that are read, each of its type. -#}
    nullif('{' || array_to_string(list_transform(list_sort(list_transform(
        list_filter(json_transform({{ json }}, '[{"key": "VARCHAR", "value": {
            "string_value": "VARCHAR", "int_value": "BIGINT", "double_value": "DOUBLE", "float_value": "DOUBLE"
        }}]'), lambda record: {{ condition }}),
        lambda record, position: {'key': cast(to_json(record.key) as varchar) || ':', 'position': position, 'value': coalesce(
            case when record.value.string_value is not null then cast(to_json(record.value.string_value) as varchar) end,
            cast(record.value.int_value as varchar),
            {{ number_text('record.value.double_value') }},
            {{ number_text('record.value.float_value') }},
            'null'
        )}
    )), lambda entry: entry.key || entry.value), ',') || '}', '{}')
{%- endmacro %}

{% macro bigquery__records_json(json, condition) -%}
    (
        select '{' || string_agg(to_json_string(record.key) || ':' || coalesce(
            case when record.string_value is not null then to_json_string(record.string_value) end,
            cast(record.int_value as string),
            {{ number_text('record.double_value') }},
            {{ number_text('record.float_value') }},
            'null'
        ), ',' order by to_json_string(record.key) || ':', record.position) || '}'
        from (
            select
                position,
                json_value(sent, '$.key') as key,
                json_value(sent, '$.value.string_value') as string_value,
                safe_cast(json_value(sent, '$.value.int_value') as int64) as int_value,
                safe_cast(json_value(sent, '$.value.double_value') as float64) as double_value,
                safe_cast(json_value(sent, '$.value.float_value') as float64) as float_value
            from unnest(json_query_array({{ json }})) as sent with offset as position
        ) as record
        where {{ condition }}
    )
{%- endmacro %}
