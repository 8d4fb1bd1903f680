{% macro to_utc_timestamp(value, unit=none) -%}
    {%- if unit is none -%}
        {{ return(adapter.dispatch('to_utc_timestamp', 'identity_graph')(value)) }}
    {%- endif -%}
    {#- As a number of microseconds; what is none, or lies outside the years 1 to 9999, is no time. -#}
    {%- set factor = {'seconds': '1000000', 'milliseconds': '1000', 'microseconds': '1'}[unit] -%}
    {%- set number = cast_or_null(value, 'numeric' if target.type == 'bigquery' else 'decimal(30, 6)') -%}
    {%- set microseconds = 'cast(round(' ~ number ~ ' * ' ~ factor ~ ') as ' ~ dbt.type_bigint() ~ ')' -%}
    case
        when {{ number }} between -62135596800000000 / {{ factor }} and 253402300799999999 / {{ factor }}
            then {{ adapter.dispatch('timestamp_from_microseconds', 'identity_graph')(microseconds) }}
    end
{%- endmacro %}

{% macro duckdb__to_utc_timestamp(value) -%}
    {%- set parsed -%}
    {#- The type is known before the first row, so only one branch runs; going by way of a zone costs several times more. -#}
    case
        when typeof({{ value }}) in ('TIMESTAMP', 'TIMESTAMP_MS', 'TIMESTAMP_S', 'DATE') then try_cast({{ value }} as timestamp)
        {#- Cut to microseconds, as text is: a cast would round. #}
        when typeof({{ value }}) = 'TIMESTAMP_NS' then try_cast(cast({{ value }} as varchar) as timestamp)
        else try_cast({{ value }} as timestamptz) at time zone 'UTC'
    end
    {%- endset -%}
    {#- DuckDB knows times of other years, and infinite ones, and cannot subtract all of them. -#}
    case when {{ parsed }} between timestamp '0001-01-01' and timestamp '9999-12-31 23:59:59.999999' then {{ parsed }} end
{%- endmacro %}

{% macro bigquery__to_utc_timestamp(value) -%}
    safe_cast({{ value }} as timestamp)
{%- endmacro %}

{% macro duckdb__timestamp_from_microseconds(microseconds) -%}
    make_timestamp({{ microseconds }})
{%- endmacro %}

{% macro bigquery__timestamp_from_microseconds(microseconds) -%}
    timestamp_micros({{ microseconds }})
{%- endmacro %}

{% macro time_of_any_type(columns, name) -%}
    {#- One vendor lands a time as a timestamp, as text, or as a number since 1970, whose size says of which unit it is. -#}
    {%- set text = raw_column(columns, name) -%}
    {%- set number = cast_or_null(text, 'numeric' if target.type == 'bigquery' else 'decimal(30, 6)') -%}
    {%- set units = 'case when abs(sent_number) < 100000000000 then 1000000 when abs(sent_number) < 100000000000000 then 1000 else 1 end' -%}
    {%- if columns is mapping and columns.get(name, '').startswith(('TIMESTAMP', 'DATE')) -%}
        {{ to_utc_timestamp(name) }}
    {%- else -%}
        coalesce({{ to_utc_timestamp(text) }}, {{ let('sent_number', number, to_utc_timestamp('sent_number * ' ~ units, 'microseconds')) }})
    {%- endif -%}
{%- endmacro %}
