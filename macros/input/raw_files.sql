{% macro raw_files() -%}
    {#- One row per file of a source that is switched on; of tables per day or hour of arrival, or per shard. -#}
    {%- set selects, never = [], 'cast(null as ' ~ dbt.type_timestamp() ~ ')' -%}
    {%- set columns = ['source_name', 'raw_file', 'size_bytes', 'modified_at', 'total_rows', 'closed_at', 'may_grow', 'may_shrink'] -%}
    {#- Daily partitions are named by day, hourly ones by day and hour. The streaming buffer is emptied within 90 minutes. -#}
    {%- set hour = "parse_timestamp('%Y%m%d%H', rpad(partition_id, 10, '0'))" -%}
    {%- for table in raw_tables() -%}
        {%- set events, day = table.relation, raw_file(table.arrives_by, true) -%}
        {%- if table.is_relation -%}
            {#- By the expression, for the relation may have a column of that name. -#}
            {%- set values, rows = ['cast(' ~ day ~ ' as ' ~ dbt.type_string() ~ ')', 'null', never, 'count(*)', never], events ~ ' group by ' ~ day -%}
        {%- elif target.type == 'duckdb' -%}
            {#- Only the file system is asked; no file is opened. -#}
            {%- set values = ['filename', 'size', 'cast(last_modified as timestamp)', 'null', never] -%}
            {%- set rows = 'read_blob(' ~ sql_text(table.location) ~ ')' -%}
        {%- else -%}
            {#- Only the catalogue is asked. -#}
            {%- set is_sharded = table.arrives_by == '_table_suffix' -%}
            {%- set values = ['substr(table_name, ' ~ events.identifier | length ~ ')', 'null', never, 'total_rows', never] if is_sharded
                else ['cast(' ~ hour ~ ' as string)', 'null', never, 'total_rows', 'timestamp_add(' ~ hour ~ ', interval if(length(partition_id) = 8, 26, 3) hour)'] -%}
            {%- set rows = '`' ~ events.database ~ '`.`' ~ events.schema ~ '`.INFORMATION_SCHEMA.PARTITIONS where ' ~ (
                "starts_with(table_name, '" ~ events.identifier[:-1] ~ "')" if is_sharded
                else "table_name = '" ~ events.identifier ~ "' and not starts_with(partition_id, '__')"
            ) -%}
        {%- endif -%}
        {%- set row = ["'" ~ table.source_name ~ "'"] + values + [table.may_grow | lower, table.may_shrink | lower] -%}
        {%- do selects.append('select ' ~ zip(row, columns) | map('join', ' as ') | join(', ') ~ ' from ' ~ rows) -%}
    {%- endfor -%}
    {%- set nothing = zip(["''", "''", '0', never, '0', never, 'false', 'false'], columns) | map('join', ' as ') | join(', ') -%}
    (
        select
            source_name, raw_file, cast(sum(size_bytes) as {{ dbt.type_bigint() }}) as size_bytes,
            max(modified_at) as modified_at, cast(sum(total_rows) as {{ dbt.type_bigint() }}) as total_rows, max(closed_at) as closed_at,
            {{ dbt.bool_or('may_grow') }} as may_grow, {{ dbt.bool_or('may_shrink') }} as may_shrink
        from ({{ selects | join(' union all ') or 'select ' ~ nothing ~ ' limit 0' }}) as files
        group by source_name, raw_file
    )
{%- endmacro %}
