{% macro to_utc_timestamp(value) -%}
    {{ return(adapter.dispatch('to_utc_timestamp', 'identity_graph')(value)) }}
{%- endmacro %}

{% macro duckdb__to_utc_timestamp(value) -%}
    {%- set parsed -%}
    {#- The type is known before the first row, so only one branch runs; going by way of a zone costs several times more. -#}
    case
        when typeof({{ value }}) in ('TIMESTAMP', 'TIMESTAMP_NS', 'TIMESTAMP_MS', 'TIMESTAMP_S', 'DATE')
            then try_cast({{ value }} as timestamp)
        else try_cast({{ value }} as timestamptz) at time zone 'UTC'
    end
    {%- endset -%}
    {#- DuckDB knows infinite times, and cannot subtract them. -#}
    nullif(nullif({{ parsed }}, timestamp 'infinity'), timestamp '-infinity')
{%- endmacro %}

{% macro bigquery__to_utc_timestamp(value) -%}
    safe_cast({{ value }} as timestamp)
{%- endmacro %}
