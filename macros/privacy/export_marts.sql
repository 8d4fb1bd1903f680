{% macro export_marts(folder, masked=false) -%}
    {%- set loads = stored_rows(
        relation_named('event_loads'), "load_number, strftime(started_at, '%Y-%m-%dT%H:%M:%S.%fZ'), is_complete", 'order by load_number desc limit 1'
    ) if target.type == 'duckdb' else [] -%}
    {%- set fault = 'export_marts is for DuckDB. On ' ~ target.type ~ ' BI tools read the marts in the warehouse itself.' if target.type != 'duckdb'
        else "folder is the path of the folder to write to: --args '{folder: target/export}'." if folder is not string or not folder | trim
        else "masked is true (the masked views) or false (the marts), and not '" ~ masked ~ "'." if masked is not boolean
        else 'Nothing is built yet: run dbt build, then export.' if not loads
        else 'The last run (load ' ~ loads[0][0] | int ~ ') did not finish, so that some marts are of it and some of a run before.'
            ~ ' Run dbt build until it succeeds, then export.' if not loads[0][2] -%}
    {{ exceptions.raise_compiler_error(fault) if fault }}

    {#- DuckDB makes a folder only for a partitioned write, the last one of a path. Without a row it writes nothing into it. -#}
    {%- set names, place = [] if '://' in folder else folder.split('/'), folder.rstrip('/') | replace("'", "''") ~ '/' -%}
    {%- for name in names -%}
        {%- do run_query('copy (select 1 as a, 2 as b where false) to ' ~ sql_text(names[:loop.index] | join('/'))
            ~ ' (format parquet, partition_by (a), overwrite_or_ignore)') if name -%}
    {%- endfor -%}
    {#- The manifest lists nothing until all is there, so that none of before stands beside the files of an export that broke off. -#}
    {%- do run_query("copy (select [] as marts) to '" ~ place ~ "manifest.json' (format json)") -%}
    {%- set classes, marts, tables, kind = classes_of_columns(), [], [], '_masked' if masked else '' -%}
    {%- for node in graph.nodes.values() | selectattr('package_name', 'eq', 'identity_graph') | selectattr('access', 'eq', 'public') | sort(attribute='name') -%}
        {%- set stored = api.Relation.create(database=node.database, schema=node.schema ~ kind, identifier=node.alias) -%}
        {%- set relation, file = load_relation(stored), place ~ node.name ~ '.parquet' -%}
        {%- do run_query('copy (from ' ~ relation ~ ") to '" ~ file ~ "' (format parquet, compression zstd)") if relation -%}
        {%- do tables.append(node.alias) if relation -%}
        {%- do marts.append({
            'name': node.name, 'file': node.name ~ '.parquet', 'description': node.description | trim, 'columns': exported_columns(node, file, classes),
            'row_count': run_query("select num_rows from parquet_file_metadata('" ~ file ~ "')").rows[0][0] | int
        }) if relation -%}
    {%- endfor -%}
    {#- Of a mart that is switched off dbt knows not even the name. -#}
    {%- set left = stored_rows(relation_named('optional_tables'), 'schema_name, table_name', 'order by 2')
        | selectattr(0, 'in', graph.nodes.values() | selectattr('access', 'eq', 'public') | map(attribute='schema') | list)
        | rejectattr(1, 'in', tables) | map(attribute=1) | join(', ') -%}
    {%- set load = {'load_number': loads[0][0] | int, 'started_at': loads[0][1]} -%}
    {%- do run_query('copy (select ' ~ masked ~ ' as masked, ' ~ sql_text(tojson(load)) ~ '::json as load, ' ~ sql_text(tojson(marts))
        ~ "::json as marts) to '" ~ place ~ "manifest.json' (format json)") -%}
    {%- do print(marts | length ~ (' masked' if masked else '') ~ ' marts of load ' ~ load.load_number ~ ' are in ' ~ folder ~ ', listed in manifest.json.'
        ~ (' Not ' ~ left ~ ': vars switch them off, so name those of the build (--vars).' if left else '')) -%}
{%- endmacro %}

{% macro exported_columns(node, file, classes) -%}
    {%- set columns = [] -%}
    {%- for row in run_query("describe from read_parquet('" ~ file ~ "', hive_partitioning = false)").rows -%}
        {#- Columns that follow a seed are named by no YAML. -#}
        {%- set documented = node.columns.get(row[0]) -%}
        {%- do columns.append({'name': row[0], 'type': row[1], 'description': documented.description | trim if documented else '',
            'classification': documented.config.meta.classification or classes[row[0]] if documented else node.config.meta.class_of_other_columns}) -%}
    {%- endfor -%}
    {{ return(columns) }}
{%- endmacro %}
