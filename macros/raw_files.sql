{% macro raw_files() -%}
    {#- One row per file of a source that is switched on; on BigQuery per day or hour that its tables are partitioned by, or shard. -#}
    {{ return(adapter.dispatch('raw_files', 'identity_graph')()) }}
{%- endmacro %}

{% macro duckdb__raw_files() -%}
    {#- Only the file system is asked; no file is opened. -#}
    (
        {%- for table in raw_tables() %}
        select
            '{{ table.source_name }}' as source_name,
            filename as raw_file,
            size as size_bytes,
            cast(last_modified as timestamp) as modified_at
        from read_blob('{{ table.location | replace("'", "''") }}')
        {{ 'union all' if not loop.last }}
        {%- else %}
        select '' as source_name, '' as raw_file, 0 as size_bytes, cast(null as timestamp) as modified_at
        limit 0
        {%- endfor %}
    )
{%- endmacro %}

{% macro bigquery__raw_files() -%}
    {#- Only the catalogue is asked. Daily partitions are named by day, hourly ones by day and hour. -#}
    (
        select
            source_name,
            raw_file,
            sum(total_rows) as total_rows,
            max(closed_at) as closed_at,
            logical_or(may_grow) as may_grow,
            cast(null as int64) as size_bytes,
            cast(null as timestamp) as modified_at
        from (
            {%- for table in raw_tables() %}
            {%- set events = table.relation %}
            select
                '{{ table.source_name }}' as source_name,
                {% if table.arrives_by == '_table_suffix' -%}
                substr(table_name, {{ events.identifier | length }}) as raw_file,
                total_rows,
                cast(null as timestamp) as closed_at,
                {%- else -%}
                cast(parse_timestamp('%Y%m%d%H', rpad(partition_id, 10, '0')) as string) as raw_file,
                total_rows,
                {#- The streaming buffer is emptied within 90 minutes. #}
                timestamp_add(
                    parse_timestamp('%Y%m%d%H', rpad(partition_id, 10, '0')), interval if(length(partition_id) = 8, 26, 3) hour
                ) as closed_at,
                {%- endif %}
                {{ table.may_grow | lower }} as may_grow
            from `{{ events.database }}`.`{{ events.schema }}`.INFORMATION_SCHEMA.PARTITIONS
            {% if table.arrives_by == '_table_suffix' -%}
            where starts_with(table_name, '{{ events.identifier[:-1] }}')
            {%- else -%}
            where table_name = '{{ events.identifier }}' and not starts_with(partition_id, '__')
            {%- endif %}
            {{ 'union all' if not loop.last }}
            {%- else %}
            select '' as source_name, '' as raw_file, 0 as total_rows, cast(null as timestamp) as closed_at, false as may_grow
            limit 0
            {%- endfor %}
        )
        group by source_name, raw_file
    )
{%- endmacro %}
