{% macro records_json(json, left_out=[]) -%}
    {#- Sorted, because a record's place in the list means nothing; of two with one key, the first stays the first. -#}
    {%- set condition -%}
    record.key is not null{% if left_out %} and record.key not in ('{{ left_out | join("', '") }}'){% endif %}
    {%- endset -%}
    {%- set key = adapter.dispatch('as_json', 'identity_graph')('record.key') ~ " || ':'" -%}
    {%- set value -%}
    case
        when record.value.string_value is not null then {{ adapter.dispatch('as_json', 'identity_graph')('record.value.string_value') }}
        when record.value.int_value is not null then cast(record.value.int_value as {{ dbt.type_string() }})
        {#- Engines write 10.0 in different ways, and neither infinity nor NaN is JSON. #}
        {%- for number in ['record.value.double_value', 'record.value.float_value'] %}
        when {{ number }} = floor({{ number }}) and abs({{ number }}) < 1e15
            then cast(cast({{ number }} as {{ dbt.type_bigint() }}) as {{ dbt.type_string() }})
        when abs({{ number }}) <= 1.7976931348623157e308 then cast({{ number }} as {{ dbt.type_string() }})
        {%- endfor %}
        else 'null'
    end
    {%- endset -%}
    {%- set types = {'string_value': dbt.type_string(), 'int_value': dbt.type_bigint(), 'double_value': type_double(), 'float_value': type_double()} -%}
    {{ return(adapter.dispatch('records_json', 'identity_graph')(json, condition, key, value, types)) }}
{%- endmacro %}

{% macro duckdb__records_json(json, condition, key, value, types) -%}
    {#- Whatever fields the sent records have, these have all that are read, each of its type. -#}
    nullif('{' || array_to_string(list_transform(list_sort(list_transform(
        list_filter(json_transform({{ json }}, '{{ tojson([{"key": dbt.type_string(), "value": types}]) }}'), lambda record: {{ condition }}),
        lambda record, position: {'key': {{ key }}, 'position': position, 'value': {{ value }}}
    )), lambda entry: entry.key || entry.value), ',') || '}', '{}')
{%- endmacro %}

{% macro bigquery__records_json(json, condition, key, value, types) -%}
    (select '{' || string_agg({{ key }} || {{ value }}, ',' order by {{ key }}, record.position) || '}' from (
        select position, json_value(sent, '$.key') as key, struct({% for name, type in types.items() %}
            safe_cast(json_value(sent, '$.value.{{ name }}') as {{ type }}) as {{ name }}{{ "," if not loop.last }}{% endfor %}
        ) as value from unnest(json_query_array({{ json }})) as sent with offset as position
    ) as record where {{ condition }})
{%- endmacro %}
