{% macro timestamp_from_epoch(value, unit) -%}
    {#- As a number of microseconds; what is none, or lies outside the years 1 to 9999, is no time. -#}
    {%- set factor = {'seconds': '1000000', 'milliseconds': '1000', 'microseconds': '1'}[unit] -%}
    {%- set number = cast_or_null(value, 'numeric' if target.type == 'bigquery' else 'decimal(30, 6)') -%}
    {%- set microseconds = 'cast(round(' ~ number ~ ' * ' ~ factor ~ ') as ' ~ dbt.type_bigint() ~ ')' -%}
    case
        when {{ number }} between -62135596800000000 / {{ factor }} and 253402300799999999 / {{ factor }}
            then {{ adapter.dispatch('timestamp_from_microseconds', 'identity_graph')(microseconds) }}
    end
{%- endmacro %}

{% macro duckdb__timestamp_from_microseconds(microseconds) -%}
    make_timestamp({{ microseconds }})
{%- endmacro %}

{% macro bigquery__timestamp_from_microseconds(microseconds) -%}
    timestamp_micros({{ microseconds }})
{%- endmacro %}
