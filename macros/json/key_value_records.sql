{% macro key_value_records(json) -%}
    {#- Whatever fields the sent records have, these have all that are read, each of its type. -#}
    {{ return(adapter.dispatch('key_value_records', 'identity_graph')(json)) }}
{%- endmacro %}

{% macro duckdb__key_value_records(json) -%}
    json_transform({{ json }}, '{{ tojson([{
        'key': 'VARCHAR',
        'value': {'string_value': 'VARCHAR', 'int_value': 'BIGINT', 'double_value': 'DOUBLE', 'float_value': 'DOUBLE'}
    }]) }}')
{%- endmacro %}

{% macro bigquery__key_value_records(json) -%}
    array(
        select as struct
            json_value(record, '$.key') as key,
            struct(
                json_value(record, '$.value.string_value') as string_value,
                safe_cast(json_value(record, '$.value.int_value') as int64) as int_value,
                safe_cast(json_value(record, '$.value.double_value') as float64) as double_value,
                safe_cast(json_value(record, '$.value.float_value') as float64) as float_value
            ) as value
        from unnest(json_query_array({{ json }})) as record with offset as position
        order by position
    )
{%- endmacro %}
