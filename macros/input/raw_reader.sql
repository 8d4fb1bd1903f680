{% macro raw_reader(relation, source_name, table_name) -%}
    {#- What a source's files are read by: each as its name and its first line say. -#}
    {% set noted = relation_named('noted_raw_files') if execute and model.resource_type != 'unit_test' and not flags.EMPTY else none %}
    {% if not noted or '(' not in relation | string or not has_raw_table(relation) or load_relation(noted) is none %}
        {{ return(relation) }}
    {% endif %}
    {% set groups = {} %}
    {#- A file may be archived once it is loaded. -#}
    {% for row in run_query(
        'select file_format, column_names, is_read_whole, raw_file from ' ~ noted ~ ' where source_name = ' ~ sql_text(source_name)
        ~ ' and table_name = ' ~ sql_text(table_name) ~ ' and raw_file in (select file from glob(' ~ sql_text(raw_location(relation))
        ~ ')) order by raw_file'
    ).rows %}
        {% set dialect = csv_dialect(row[3]) %}
        {% do groups.setdefault(tojson([row[0], row[1], row[2], dialect.delimiter]), []).append(row[3]) %}
    {% endfor %}
    {% set readers = [] %}
    {% for key, files in groups.items() %}
        {% set format, names, is_read_whole, _ = fromjson(key) %}
        {% if format == 'csv' and names != '[]' %}
            {% set columns = fromjson(names) %}
            {#- Where several read one file, DuckDB 2.0 leaves out all that comes after a row with a quote in the wrong place. -#}
            {% set rows = read_csv_rows(
                files, columns, csv_dialect(files[0]), 'ignore_errors = true' ~ (', parallel = false' if is_read_whole else '')
            ) %}
            {% set quoted = [] %}
            {% for column in columns %}
                {% do quoted.append(adapter.quote(column)) %}
            {% endfor %}
            {#- A row is left out for what is no text only where that column is asked for. -#}
            {% do readers.append('select *, row_number() over (partition by raw_file) as file_row_number from ' ~ rows
                ~ (' where concat(' ~ quoted | join(', ') ~ ') is not null' if is_read_whole else '')) %}
        {% elif format == 'json' %}
            {% set structure = {} %}
            {% for column in graph.sources['source.identity_graph.' ~ source_name ~ '.' ~ table_name].columns %}
                {% do structure.update({column: 'VARCHAR'}) %}
            {% endfor %}
            {% do readers.append(
                'select unnest(json_transform(line, ' ~ sql_text(tojson(structure)) ~ ')), raw_file, file_row_number from (select line, raw_file,'
                ~ ' row_number() over (partition by raw_file) as file_row_number from ' ~ read_lines(files)
                ~ ' where ' ~ is_json_object_line('line') ~ ')'
            ) %}
        {% elif format == 'parquet' %}
            {#- A nested column and one of text are both read as JSON text; a float beside a whole number would take its digits. -#}
            {% set texts = [] %}
            {% set kinds = fromjson(names) %}
            {% for column in kinds %}
                {% set quoted = adapter.quote(column) %}
                {% set is_float = kinds is mapping and kinds[column] == 'DOUBLE' %}
                {% do texts.append('cast(' ~ (quoted if is_float else "json_merge_patch('{}', to_json(" ~ quoted ~ '))') ~ ' as varchar) as ' ~ quoted) %}
            {% endfor %}
            {% do readers.append('select *' ~ (' replace (' ~ texts | join(', ') ~ ')' if texts else '') ~ ' from read_parquet(' ~ sql_text(files)
                ~ ", union_by_name = true, filename = 'raw_file', file_row_number = true)") %}
        {% endif %}
    {% endfor %}
    {#- One reader of Parquet takes the files by their pattern, however many they are. -#}
    {% set is_by_pattern = groups | length == 1 and fromjson(groups.keys() | first)[0] == 'parquet'
        and 'read_parquet(' ~ sql_text(raw_location(relation)) in relation | string %}
    {{ return(relation if not readers or is_by_pattern else '(' ~ readers | join(' union all by name ') ~ ')') }}
{%- endmacro %}
