{% macro record_value(records, keys) -%}
    {%- set values = [] -%}
    {%- for key in keys -%}
        {%- do values.append(adapter.dispatch('record_value', 'identity_graph')(records, key) | trim) -%}
    {%- endfor -%}
    {{ values[0] if values | length == 1 else 'coalesce(' ~ (values + ['cast(null as ' ~ dbt.type_string() ~ ')']) | join(', ') ~ ')' }}
{%- endmacro %}

{% macro duckdb__record_value(records, key) -%}
    {#- Both lists are made once a row, for all the keys that one select asks for. -#}
    list_transform({{ records }}, lambda record: coalesce(
        record.value.string_value,
        cast(record.value.int_value as varchar),
        {{ number_text('record.value.double_value') }},
        {{ number_text('record.value.float_value') }}
    ))[list_position(list_transform({{ records }}, lambda record: record.key), '{{ key }}')]
{%- endmacro %}

{% macro bigquery__record_value(records, key) -%}
    (
        select coalesce(
            record.value.string_value,
            cast(record.value.int_value as string),
            {{ number_text('record.value.double_value') }},
            {{ number_text('record.value.float_value') }}
        )
        from unnest({{ records }}) as record with offset as position
        where record.key = '{{ key }}'
        order by position
        limit 1
    )
{%- endmacro %}
