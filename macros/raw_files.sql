{% macro raw_files() -%}
    {{ return(adapter.dispatch('raw_files', 'identity_graph')()) }}
{%- endmacro %}

{% macro duckdb__raw_files() -%}
    {#- Only the file system is asked; no file is opened. -#}
    (
        select
            filename as raw_file,
            size as size_bytes,
            cast(last_modified as timestamp) as modified_at
        from read_blob('{{ raw_location() | replace("'", "''") }}')
    )
{%- endmacro %}

{% macro bigquery__raw_files() -%}
    (
        select
            partition_id as raw_file,
            total_logical_bytes as size_bytes,
            last_modified_time as modified_at
        from {{ source('generic', 'events').information_schema_partitions }}
    )
{%- endmacro %}
