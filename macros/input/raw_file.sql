{% macro raw_file(arrives_by='_partitiontime') -%}
    {{ return(adapter.dispatch('raw_file', 'identity_graph')(arrives_by)) }}
{%- endmacro %}

{% macro duckdb__raw_file(arrives_by) -%}
    raw_file
{%- endmacro %}

{% macro bigquery__raw_file(arrives_by) -%}
    {#- As it is, because BigQuery reads only the partitions asked for where next to nothing is done to the column. -#}
    {{ arrives_by if arrives_by.startswith('_') else 'timestamp_trunc(' ~ arrives_by ~ ', day)' }}
{%- endmacro %}
