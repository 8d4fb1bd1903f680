{% macro check_seeds() -%}
    {#- Into a column of whole numbers DuckDB would load half a day as one; BigQuery refuses it. -#}
    {%- set files = [] -%}
    {%- for node in graph.nodes.values() | selectattr('resource_type', 'eq', 'seed') | selectattr('package_name', 'eq', 'identity_graph')
        if node.unique_id in selected_resources -%}
        {{ refuse(
            'The dbt_project.yml of ' ~ project_name ~ ' sets delimiter for seeds of identity_graph, whose files have commas. Set it for your own seeds'
            ~ ' alone:\nseeds:\n  ' ~ project_name ~ ':\n    +delimiter: ...\n'
        ) if (node.config.delimiter or ',') != ',' }}
        {%- set columns = node.config.column_types.items() | selectattr(1, 'eq', 'integer') | map(attribute=0) | list -%}
        {%- do files.append(
            'select ' ~ sql_text(node.original_file_path) ~ ' as file, column_name, sent from (unpivot (from read_csv(' ~ sql_text(adapter.get_seed_file_path(node))
            ~ ", header = true, all_varchar = true, ignore_errors = true, delim = ',')) on columns(lambda name: name in "
            ~ sql_text(columns) ~ ') into name column_name value sent)'
        ) if columns -%}
    {%- endfor -%}
    {%- for file, column, sent in (run_query(
        'select distinct file, column_name, sent from (' ~ files | join(' union all ') ~ ') where coalesce(try_cast(sent as double)'
        ~ ' != round(try_cast(sent as double)), true) order by all limit 1'
    ).rows if files else []) -%}
        {{ refuse(file ~ ': ' ~ column ~ ' is ' ~ sent ~ ', and has to be a whole number.') }}
    {%- endfor -%}
{%- endmacro %}
