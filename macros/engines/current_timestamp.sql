{% macro duckdb__current_timestamp() -%}
    {#- Snapshots and source freshness follow the run's clock, so that a test can set the day. -#}
    {%- if var('as_of') -%}
        cast('{{ var("as_of") }}' as timestamp)
    {%- else -%}
        now()
    {%- endif -%}
{%- endmacro %}

{% macro bigquery__current_timestamp() -%}
    {%- if var('as_of') -%}
        cast('{{ var("as_of") }}' as timestamp)
    {%- else -%}
        current_timestamp()
    {%- endif -%}
{%- endmacro %}
