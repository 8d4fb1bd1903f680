{% macro export_marts(folder, masked=false) -%}
    {%- if target.type != 'duckdb' -%}
        {{ exceptions.raise_compiler_error(
            'export_marts is for DuckDB. On ' ~ target.type ~ ' BI tools read the marts in the warehouse itself.'
        ) }}
    {%- elif folder is not string or not folder | trim -%}
        {{ exceptions.raise_compiler_error("folder is the path of the folder to write to: --args '{folder: target/export}'.") }}
    {%- elif masked is not boolean -%}
        {{ exceptions.raise_compiler_error("masked is true (the masked views) or false (the marts), and not '" ~ masked ~ "'.") }}
    {%- endif -%}
    {%- set loads = run_query(
        "select load_number, strftime(started_at, '%Y-%m-%dT%H:%M:%S.%fZ'), is_complete from " ~ relation_named('event_loads')
        ~ ' order by load_number desc limit 1'
    ).rows if load_relation(relation_named('event_loads')) is not none else [] -%}
    {%- if not loads -%}
        {{ exceptions.raise_compiler_error('Nothing is built yet: run dbt build, then export.') }}
    {%- elif not loads[0][2] -%}
        {{ exceptions.raise_compiler_error(
            'The last run (load ' ~ loads[0][0] | int ~ ') did not finish, so that some marts are of it and some of a run before.'
            ~ ' Run dbt build until it succeeds, then export.'
        ) }}
    {%- endif -%}

    {#- DuckDB makes a folder only for a partitioned write, the last one of a path. Without a row it writes nothing into it. -#}
    {%- set names = [] if '://' in folder else folder.split('/') -%}
    {%- for name in names -%}
        {%- do run_query(
            'copy (select 1 as a, 2 as b where false) to ' ~ sql_text(names[:loop.index] | join('/'))
            ~ ' (format parquet, partition_by (a), overwrite_or_ignore)'
        ) if name -%}
    {%- endfor -%}
    {%- set place = folder.rstrip('/') | replace("'", "''") ~ '/' -%}
    {#- The manifest lists nothing until all is there, so that none of before stands beside the files of an export that broke off. -#}
    {%- do run_query("copy (select [] as marts) to '" ~ place ~ "manifest.json' (format json)") -%}
    {%- set classes = dict(stored_rows(ref('column_classes'), 'column_name, classification')) -%}
    {%- set marts = [] -%}
    {%- for node in graph.nodes.values() | selectattr('package_name', 'eq', 'identity_graph') | selectattr('access', 'eq', 'public')
        | sort(attribute='name') -%}
        {%- set relation = load_relation(api.Relation.create(
            database=node.database, schema=node.schema ~ ('_masked' if masked else ''), identifier=node.alias
        )) -%}
        {%- if relation is not none -%}
            {%- set file = place ~ node.name ~ '.parquet' -%}
            {%- do run_query('copy (from ' ~ relation ~ ") to '" ~ file ~ "' (format parquet, compression zstd)") -%}
            {%- set columns = [] -%}
            {%- for column in run_query("describe from read_parquet('" ~ file ~ "', hive_partitioning = false)").rows -%}
                {%- set documented = node.columns[column[0]] -%}
                {%- do columns.append({
                    'name': column[0], 'type': column[1], 'description': documented.description | trim,
                    'classification': documented.config.meta.classification or classes[column[0]]
                }) -%}
            {%- endfor -%}
            {%- set row_count = run_query("select num_rows from parquet_file_metadata('" ~ file ~ "')").rows[0][0] | int -%}
            {%- do marts.append({
                'name': node.name, 'file': node.name ~ '.parquet', 'description': node.description | trim, 'row_count': row_count,
                'columns': columns
            }) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set load = {'load_number': loads[0][0] | int, 'started_at': loads[0][1]} -%}
    {%- do run_query(
        'copy (select ' ~ masked ~ " as masked, '" ~ tojson(load) ~ "'::json as load, '" ~ tojson(marts) | replace("'", "''")
        ~ "'::json as marts) to '" ~ place ~ "manifest.json' (format json)"
    ) -%}
    {%- do print(
        marts | length ~ (' masked' if masked else '') ~ ' marts of load ' ~ load.load_number ~ ' are in ' ~ folder
        ~ ', listed in manifest.json.'
    ) -%}
{%- endmacro %}
