{% macro to_utc_timestamp(value) -%}
    {{ return(adapter.dispatch('to_utc_timestamp', 'identity_graph')(value)) }}
{%- endmacro %}

{% macro duckdb__to_utc_timestamp(value) -%}
    try_cast({{ value }} as timestamptz) at time zone 'UTC'
{%- endmacro %}

{% macro bigquery__to_utc_timestamp(value) -%}
    safe_cast({{ value }} as timestamp)
{%- endmacro %}
