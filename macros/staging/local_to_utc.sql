{% macro local_to_utc(value, time_zone) -%}
    {{ return(value if time_zone == 'UTC' else adapter.dispatch('local_to_utc', 'identity_graph')(value, sql_text(time_zone))) }}
{%- endmacro %}

{% macro duckdb__local_to_utc(value, time_zone) -%}
    {#- Engines read an hour that comes twice differently; here it is the first of both. -#}
    {%- set moment = 'timezone(' ~ time_zone ~ ', ' ~ value ~ ')' -%}
    case
        when timezone({{ time_zone }}, {{ moment }} - interval 1 hour) = {{ value }} then timezone('UTC', {{ moment }}) - interval 1 hour
        else timezone('UTC', {{ moment }})
    end
{%- endmacro %}

{% macro bigquery__local_to_utc(value, time_zone) -%}
    {%- set moment = 'timestamp(datetime(' ~ value ~ '), ' ~ time_zone ~ ')' -%}
    case
        when datetime(timestamp_sub({{ moment }}, interval 1 hour), {{ time_zone }}) = datetime({{ value }})
            then timestamp_sub({{ moment }}, interval 1 hour)
        else {{ moment }}
    end
{%- endmacro %}
