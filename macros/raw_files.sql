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
    {#- Only the catalogue is asked. Daily partitions are named by day, hourly ones by day and hour. -#}
    {%- set events = source('generic', 'events') -%}
    (
        select
            parse_timestamp('%Y%m%d%H', rpad(partition_id, 10, '0')) as raw_file,
            total_rows,
            if(length(partition_id) = 8, 24, 1) as period_hours,
            cast(null as int64) as size_bytes,
            cast(null as timestamp) as modified_at
        from `{{ events.database }}`.`{{ events.schema }}`.INFORMATION_SCHEMA.PARTITIONS
        where table_name = '{{ events.identifier }}' and not starts_with(partition_id, '__')
    )
{%- endmacro %}
