{% macro raw_files() -%}
    {#- One row per file of a source that is switched on; of tables per day or hour of arrival, or per shard. -#}
    (
        select
            source_name,
            raw_file,
            cast(sum(size_bytes) as {{ dbt.type_bigint() }}) as size_bytes,
            max(modified_at) as modified_at,
            cast(sum(total_rows) as {{ dbt.type_bigint() }}) as total_rows,
            max(closed_at) as closed_at,
            {{ dbt.bool_or('may_grow') }} as may_grow,
            {{ dbt.bool_or('may_shrink') }} as may_shrink
        from (
            {%- for table in raw_tables() %}
            {{ arrival_days(table) if table.is_relation else adapter.dispatch('raw_files_of', 'identity_graph')(table) }}
            {{ 'union all' if not loop.last }}
            {%- else %}
            select
                '' as source_name, '' as raw_file, 0 as size_bytes, cast(null as {{ dbt.type_timestamp() }}) as modified_at,
                0 as total_rows, cast(null as {{ dbt.type_timestamp() }}) as closed_at, false as may_grow, false as may_shrink
            limit 0
            {%- endfor %}
        ) as files
        group by source_name, raw_file
    )
{%- endmacro %}

{% macro arrival_days(table) -%}
            select
                '{{ table.source_name }}' as source_name,
                cast({{ raw_file(table.arrives_by, true) }} as {{ dbt.type_string() }}) as raw_file,
                cast(null as {{ dbt.type_bigint() }}) as size_bytes,
                cast(null as {{ dbt.type_timestamp() }}) as modified_at,
                count(*) as total_rows,
                cast(null as {{ dbt.type_timestamp() }}) as closed_at,
                true as may_grow,
                false as may_shrink
            from {{ table.relation }}
            {#- By the expression, for the relation may have a column of that name. #}
            group by {{ raw_file(table.arrives_by, true) }}
{%- endmacro %}

{% macro duckdb__raw_files_of(table) -%}
            {#- Only the file system is asked; no file is opened. #}
            select
                '{{ table.source_name }}' as source_name,
                filename as raw_file,
                size as size_bytes,
                cast(last_modified as timestamp) as modified_at,
                cast(null as bigint) as total_rows,
                cast(null as timestamp) as closed_at,
                false as may_grow,
                false as may_shrink
            from read_blob({{ sql_text(table.location) }})
{%- endmacro %}

{% macro bigquery__raw_files_of(table) -%}
            {#- Only the catalogue is asked. Daily partitions are named by day, hourly ones by day and hour. -#}
            {%- set events = table.relation -%}
            {%- set is_sharded = table.arrives_by == '_table_suffix' -%}
            {%- set partition_hour = "parse_timestamp('%Y%m%d%H', rpad(partition_id, 10, '0'))" %}
            select
                '{{ table.source_name }}' as source_name,
                {{ 'substr(table_name, ' ~ events.identifier | length ~ ')' if is_sharded else 'cast(' ~ partition_hour ~ ' as string)' }}
                    as raw_file,
                cast(null as int64) as size_bytes,
                cast(null as timestamp) as modified_at,
                total_rows,
                {% if is_sharded -%}
                cast(null as timestamp) as closed_at,
                {%- else -%}
                {#- The streaming buffer is emptied within 90 minutes. #}
                timestamp_add({{ partition_hour }}, interval if(length(partition_id) = 8, 26, 3) hour) as closed_at,
                {%- endif %}
                {{ table.may_grow | lower }} as may_grow,
                {{ table.may_shrink | lower }} as may_shrink
            from `{{ events.database }}`.`{{ events.schema }}`.INFORMATION_SCHEMA.PARTITIONS
            {% if is_sharded -%}
            where starts_with(table_name, '{{ events.identifier[:-1] }}')
            {%- else -%}
            where table_name = '{{ events.identifier }}' and not starts_with(partition_id, '__')
            {%- endif %}
{%- endmacro %}
