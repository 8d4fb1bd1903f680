{% macro raw_reader(relation, source_name, table_name) -%}
    {#- What a source's files are read by: each as its name and its first line say. -#}
    {% if not execute or model.resource_type == 'unit_test' or '(' not in relation | string or not has_raw_table(relation) %}
        {{ return(relation) }}
    {% endif %}
    {% set groups, readers = {}, [] %}
    {#- A file may be archived once it is loaded. -#}
    {% for format, names, is_read_whole, path in stored_rows(
        relation_named('noted_raw_files'), 'file_format, column_names, is_read_whole, raw_file', 'where source_name = ' ~ sql_text(source_name)
        ~ ' and table_name = ' ~ sql_text(table_name) ~ ' and raw_file in (select file from glob(' ~ sql_text(raw_location(relation)) ~ ')) order by raw_file'
    ) if not flags.EMPTY %}
        {% do groups.setdefault(tojson([format, names, is_read_whole, csv_dialect(path).delimiter]), []).append(path) %}
    {% endfor %}
    {% for key, files in groups.items() %}
        {% set format, names, is_read_whole = fromjson(key)[0], fromjson(fromjson(key)[1]), fromjson(key)[2] %}
        {% if format == 'csv' and names %}
            {#- Where several read one file, DuckDB 2.0 leaves out all that comes after a row with a quote in the wrong place. A row is left
                out for what is no text only where that column is asked for. -#}
            {% do readers.append('select *, row_number() over (partition by raw_file) as file_row_number from ' ~ read_csv_rows(
                files, names, csv_dialect(files[0]), 'ignore_errors = true' ~ (', parallel = false' if is_read_whole else '')
            ) ~ (' where concat("' ~ names | map('replace', '"', '""') | join('", "') ~ '") is not null' if is_read_whole else '')) %}
        {% elif format == 'json' %}
            {% do readers.append('select unnest(json_transform(line, ' ~ sql_text(tojson(json_columns(source_name, table_name)))
                ~ ')), raw_file, file_row_number from (select *, row_number() over (partition by raw_file) as file_row_number from '
                ~ read_lines(files) ~ ' where ' ~ is_json_object_line() ~ ')') %}
        {% elif format == 'parquet' and (groups | length > 1 or 'read_parquet(' ~ sql_text(raw_location(relation)) not in relation | string) %}
            {% do readers.append(parquet_reader(files, names)) %}
        {% endif %}
    {% endfor %}
    {#- Where no file is read, and they are of several kinds, no one reader tells the columns. -#}
    {% do readers.append('select unnest(json_transform(raw_file, ' ~ sql_text(tojson(json_columns(source_name, table_name))) ~ ')), raw_file,'
        ~ ' 0::bigint as file_row_number from (select null::varchar as raw_file) where false')
        if source_name == 'generic' and not readers and 'read_blob(' in relation | string %}
    {{ return('(' ~ readers | join(' union all by name ') ~ ')' if readers else relation) }}
{%- endmacro %}

{% macro parquet_reader(files, names) -%}
    {#- A nested column and one of text are both read as JSON text; a column whose type is named, as the text of it. -#}
    {% set texts = [] %}
    {% for column in names %}
        {% set quoted = quoted_column(column) %}
        {#- As json_column would: files of one reader have the same fields, so that none is null for their sake. -#}
        {% set value = quoted if names is mapping and names[column].isupper()
            else "json_merge_patch('{}', to_json(" ~ quoted ~ '))' if column == 'properties' else 'to_json(' ~ quoted ~ ')' %}
        {% do texts.append('cast(' ~ value ~ ' as varchar) as ' ~ quoted) %}
    {% endfor %}
    {{ return(
        'select *' ~ (' replace (' ~ texts | join(', ') ~ ')' if texts else '') ~ ' from read_parquet(' ~ names_of_files(files)
        ~ ", union_by_name = true, filename = 'raw_file', file_row_number = true)"
    ) }}
{%- endmacro %}
