{% macro bigquery__cast(field, type) -%}
    {#- A contract says numeric(18, 4), which BigQuery takes for a column and refuses in a cast. -#}
    cast({{ field }} as {{ type.split('(')[0] if type.startswith('numeric') else type }})
{%- endmacro %}

{% macro bigquery__dateadd(datepart, interval, from_date_or_timestamp) -%}
    {#- dbt's own gives a datetime, which BigQuery does not compare with the timestamps of this project. -#}
    timestamp_add(cast({{ from_date_or_timestamp }} as timestamp), interval {{ interval }} {{ datepart }})
{%- endmacro %}

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

{% macro duckdb__get_partitioned_by(relation, temporary) -%}
    {#- Replaces dbt-duckdb's own, which warns: the partitions of this project are BigQuery's. -#}
    {{ return(none) }}
{%- endmacro %}
