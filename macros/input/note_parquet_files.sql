{% macro note_parquet_files(files, table, label) -%}
    {#- The ends of the files say how many rows of what types there are. Files of one schema are looked at together. -#}
    {% do note_files(table, 'select file_name as path, num_rows from parquet_file_metadata(' ~ names_of_files(files) ~ ')', 'row_count = num_rows') %}
    {% set columns_of_events = graph.sources['source.identity_graph.' ~ table.source_name ~ '.' ~ table.name].columns if table.source_name == 'generic' %}
    {% for row in run_query(
        "select string_agg(file_name, chr(29) order by file_name) from (select file_name, string_agg(concat_ws(chr(31), name, duckdb_type, type,"
        ~ ' num_children), chr(30) order by column_id) as schema_text from parquet_schema(' ~ names_of_files(files) ~ ') group by file_name) group by schema_text order by 1'
    ).rows %}
        {% set paths, types, kinds, float_ids = row[0].split('\x1d'), {}, {}, [] %}
        {#- What a reader takes of one kind only: nested columns of the same fields, UUIDs, ids that are floating-point numbers, keys that may be,
            and what a source says that its vendor types now so and now otherwise. -#}
        {% for column in run_query('describe select * from read_parquet(' ~ names_of_files(paths[:1]) ~ ', hive_partitioning = false)').rows %}
            {% set name, type = column[0] | lower, column[1] %}
            {{ refuse(label ~ paths[0] ~ ' has a column ' ~ name ~ ', as what a row is known by is named: give it another name.')
                if name in ['raw_file', 'file_row_number'] }}
            {% set is_nested = type.endswith(']') or modules.re.match('(STRUCT|MAP|UNION)[(]', type) %}
            {% do types.update({name: 'NESTED' if is_nested else type}) %}
            {% do float_ids.append(name) if type == 'DOUBLE' and name in table.id_columns %}
            {% set may_be_key = type == 'DOUBLE' and table.source_name == 'generic' and name not in columns_of_events %}
            {% set is_of_one_kind = is_nested or may_be_key or type == 'UUID' or name in float_ids + table.mixed_columns %}
            {% do kinds.update({name: local_md5(type) if is_nested else type}) if is_of_one_kind %}
        {% endfor %}
        {#- Each of them is asked for its ids only where these are floating-point numbers. -#}
        {% for path in (paths if float_ids else paths[:1]) %}
            {% do check_column_types(types, table, label ~ path, 'read_parquet(' ~ names_of_files([path]) ~ ')') %}
        {% endfor %}
        {#- Every page is read once, so that a damaged one ends the run here, and not after half of it was written. -#}
        {% do run_query('select max(hash(pages)) from read_parquet(' ~ names_of_files(paths) ~ ') as pages') %}
        {% do note_files(
            table, 'select unnest(' ~ sql_text(paths) ~ ') as path', 'column_names = ' ~ sql_text(tojson(kinds if table.is_read_by_ending else []))
        ) %}
    {% endfor %}
{%- endmacro %}
