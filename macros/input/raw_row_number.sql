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
