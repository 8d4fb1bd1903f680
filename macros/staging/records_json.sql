{% macro records_json(records, left_out=[]) -%}
    {#- Sorted, because a record's place in the list means nothing. -#}
    {{ return(adapter.dispatch('records_json', 'identity_graph')(records, left_out)) }}
{%- endmacro %}

{% macro duckdb__records_json(records, left_out) -%}
    nullif('{' || array_to_string(list_sort(list_transform(
        list_filter({{ records }}, lambda record: record.key is not null
            {%- if left_out %} and record.key not in ('{{ left_out | join("', '") }}'){% endif %}),
        lambda record: cast(to_json(record.key) as varchar) || ':' || coalesce(
            case when record.value.string_value is not null then cast(to_json(record.value.string_value) as varchar) end,
            cast(record.value.int_value as varchar),
            {{ number_text('record.value.double_value') }},
            {{ number_text('record.value.float_value') }},
            'null'
        )
    )), ',') || '}', '{}')
{%- endmacro %}

{% macro bigquery__records_json(records, left_out) -%}
    (
        select '{' || string_agg(entry, ',' order by entry) || '}'
        from (
            select to_json_string(record.key) || ':' || coalesce(
                case when record.value.string_value is not null then to_json_string(record.value.string_value) end,
                cast(record.value.int_value as string),
                {{ number_text('record.value.double_value') }},
                {{ number_text('record.value.float_value') }},
                'null'
            ) as entry
            from unnest({{ records }}) as record
            where record.key is not null
            {%- if left_out %} and record.key not in ('{{ left_out | join("', '") }}'){% endif %}
        )
    )
{%- endmacro %}
