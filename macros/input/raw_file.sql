{% macro raw_file(arrives_by='_partitiontime', is_relation=false) -%}
    {{ return(adapter.dispatch('raw_file', 'identity_graph')(arrives_by, is_relation)) }}
{%- endmacro %}

{% macro duckdb__raw_file(arrives_by, is_relation) -%}
    {#- Of a relation the day: the first characters of a time, a date or its text; rows without an arrival are a day of their own. -#}
    {{ "coalesce(left(cast(" ~ arrives_by ~ " as varchar), 10), 'unknown')" if is_relation else 'raw_file' }}
{%- endmacro %}

{% macro bigquery__raw_file(arrives_by, is_relation) -%}
    {#- As it is, because BigQuery reads only the partitions asked for where next to nothing is done to the column. -#}
    {{ arrives_by if arrives_by.startswith('_') else 'timestamp_trunc(' ~ arrives_by ~ ', day)' }}
{%- endmacro %}

{% macro raw_row_number(source_table) -%}
    {{ return(adapter.dispatch('raw_row_number', 'identity_graph')(source_table)) }}
{%- endmacro %}

{% macro duckdb__raw_row_number(source_table) -%}
    {#- Parquet numbers its rows itself; a window would cost as much as the rest of the model. -#}
    {{ 'file_row_number' if 'file_row_number' in source_table | string else 'row_number() over (partition by raw_file)' }}
{%- endmacro %}

{% macro bigquery__raw_row_number(source_table) -%}
    cast(null as int64)
{%- endmacro %}
