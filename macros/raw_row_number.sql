{% macro raw_row_number() -%}
    {{ return(adapter.dispatch('raw_row_number', 'identity_graph')()) }}
{%- endmacro %}

{% macro duckdb__raw_row_number() -%}
    {#- Parquet numbers its rows itself; a window would cost as much as the rest of the model. -#}
    {{ 'file_row_number' if 'read_parquet' in source('generic', 'events') | string else 'row_number() over (partition by raw_file)' }}
{%- endmacro %}

{% macro bigquery__raw_row_number() -%}
    cast(null as int64)
{%- endmacro %}
