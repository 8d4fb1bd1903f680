{% macro raw_file() -%}
    {{ return(adapter.dispatch('raw_file', 'identity_graph')()) }}
{%- endmacro %}

{% macro duckdb__raw_file() -%}
    raw_file
{%- endmacro %}

{% macro bigquery__raw_file() -%}
    {#- As it is, because BigQuery reads only the partitions asked for where nothing is done to the column. -#}
    _partitiontime
{%- endmacro %}
