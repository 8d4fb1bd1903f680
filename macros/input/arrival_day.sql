{% macro arrival_day() -%}
    {#- What tells new rows of var generic_events_relation from those of earlier runs: the day of their arrival. -#}
    {{ return(adapter.dispatch('arrival_day', 'identity_graph')(var('generic_arrives_by'))) }}
{%- endmacro %}

{% macro duckdb__arrival_day(arrives_by) -%}
    {#- The first characters of a time, a date or its text; rows without an arrival are a day of their own. -#}
    coalesce(left(cast({{ arrives_by }} as varchar), 10), 'unknown')
{%- endmacro %}

{% macro bigquery__arrival_day(arrives_by) -%}
    {#- As raw_file has it, so that BigQuery reads only the partitions asked for. -#}
    {{ raw_file(arrives_by) }}
{%- endmacro %}
