{% macro note_raw_files(left_alone) -%}
    {#- Looks into each file that is new, before anything is written: what it holds, and which lines of it are no rows. -#}
    {{ return(adapter.dispatch('note_raw_files', 'identity_graph')(left_alone)) }}
{%- endmacro %}

{% macro bigquery__note_raw_files(left_alone) -%}
    {#- Tables have rows and types already. -#}
{%- endmacro %}

{% macro duckdb__note_raw_files(left_alone) -%}
    {% set noted, malformed = noted_raw_files(), malformed_raw_rows() %}
    {% set loaded = loaded_raw_files() %}
    {% set files = [] %}
    {% for table in raw_tables() | rejectattr('is_relation') %}
        {% set conditions = ['true'] %}
        {% if loaded %}
            {% do conditions.append('filename not in (select raw_file from ' ~ loaded ~ ' where source_name = ' ~ sql_text(table.source_name) ~ ')') %}
        {% endif %}
        {% if var('raw_files_like') %}
            {% do conditions.append('filename like ' ~ sql_text(var('raw_files_like'))) %}
        {% endif %}
        {% set new_files = [] %}
        {% set unknown = [] %}
        {% for row in run_query(
            'select filename, size, strftime(cast(last_modified as timestamp), \'%Y-%m-%d %H:%M:%S.%f\'), '
            ~ may_change_unseen('cast(last_modified as timestamp)') ~ ' from read_blob('
            ~ sql_text(table.location) ~ ') where ' ~ conditions | join(' and ') ~ ' order by 1'
        ).rows %}
            {% set format = (file_format(row[0]) if table.is_read_by_ending else 'parquet' if 'read_parquet' in table.relation | string else 'lines') %}
            {% do new_files.append({
                'source_name': table.source_name, 'table_name': table.name, 'raw_file': row[0], 'size_bytes': row[1] | int,
                'modified_at': row[2], 'format': format, 'names': [], 'row_count': 0, 'is_read_whole': false,
                'may_change_unseen': row[3], 'content_hash': none
            }) %}
            {% if format is none %}
                {% do unknown.append(row[0]) %}
            {% endif %}
        {% endfor %}
        {% set label = raw_source_label(table.source_name) ~ ': ' %}
        {% if unknown %}
            {{ exceptions.raise_compiler_error(
                label ~ unknown[:5] | join(', ') ~ (' and ' ~ (unknown | length - 5) ~ ' more' if unknown | length > 5 else '')
                ~ ' is none of the kinds that are read, by the end of its name (.parquet, .csv, .tsv, .txt, .ndjson, .jsonl, .json; packed .gz or .zst).'
                ~ ' Name only the files of events.' ~ left_alone
            ) }}
        {% endif %}
        {% set fresh_files = new_files | selectattr('may_change_unseen') | list %}
        {% set hashes = content_hashes(fresh_files | map(attribute='raw_file')) if fresh_files else {} %}
        {% for file in fresh_files %}
            {% do file.update({'content_hash': hashes[file.raw_file]}) %}
        {% endfor %}
        {% do files.extend(new_files) %}
        {% do note_parquet_files(new_files | selectattr('format', 'eq', 'parquet') | list, table, label, left_alone) %}
        {% do note_line_files(new_files | selectattr('format', 'eq', 'lines') | list) %}
    {% endfor %}

    {% do run_query('drop table if exists new_malformed_rows') %}
    {% do run_query('create temporary table new_malformed_rows (source_name varchar, raw_file varchar, row_place bigint, line_number bigint)') %}
    {% for table in raw_tables() | selectattr('is_read_by_ending') %}
        {% set label = raw_source_label(table.source_name) ~ ': ' %}
        {% set new_files = files | selectattr('source_name', 'eq', table.source_name) | selectattr('table_name', 'eq', table.name) | list %}
        {% do note_csv_files(new_files | selectattr('format', 'eq', 'csv') | list, table, label, left_alone) %}
        {% do note_json_files(new_files | selectattr('format', 'eq', 'json') | list, table, label, left_alone) %}
    {% endfor %}

    {% if not loaded and 'generic' in files | map(attribute='source_name') and not files | selectattr('source_name', 'eq', 'generic') | selectattr('row_count') | list %}
        {{ exceptions.raise_compiler_error(
            raw_source_label('generic') ~ ': ' ~ files | selectattr('source_name', 'eq', 'generic') | map(attribute='raw_file') | join(', ')
            ~ ' holds no event.' ~ left_alone
        ) }}
    {% endif %}

    {% do run_query(
        'create table if not exists ' ~ noted ~ ' (source_name varchar, table_name varchar, raw_file varchar, file_format varchar,'
        ~ ' column_names varchar, is_read_whole boolean, size_bytes bigint, modified_at timestamp, row_count bigint, load_number bigint,'
        ~ ' content_hash varchar)'
    ) %}
    {#- A database of an earlier version has the table without it. -#}
    {% do run_query('alter table ' ~ noted ~ ' add column if not exists content_hash varchar') %}
    {% do run_query(
        'create table if not exists ' ~ malformed
        ~ ' (source_name varchar, raw_file varchar, row_place bigint, line_number bigint, load_number bigint)'
    ) %}
    {#- What a run noted that read nothing of it is noted again. -#}
    {% for relation in [noted, malformed] %}
        {% do adapter.cache_added(relation) %}
        {% do run_query(
            'delete from ' ~ relation ~ ' where '
            ~ ('not exists (select 1 from ' ~ loaded ~ ' as loaded where loaded.source_name = ' ~ relation.identifier
                ~ '.source_name and loaded.raw_file = ' ~ relation.identifier ~ '.raw_file)' if loaded else 'true')
        ) %}
    {% endfor %}
    {% set load_number = run_query('select coalesce(max(load_number), 0) + 1 from ' ~ event_loads()).rows[0][0]
        if load_relation(event_loads()) is not none else 1 %}
    {% for batch in files | batch(500) %}
        {% set values = [] %}
        {% for file in batch %}
            {% do values.append('(' ~ [
                sql_text(file.source_name), sql_text(file.table_name), sql_text(file.raw_file), sql_text(file.format),
                sql_text(tojson(file.names)), file.is_read_whole | string | lower, file.size_bytes, 'timestamp ' ~ sql_text(file.modified_at),
                file.row_count, load_number, sql_text(file.content_hash) if file.content_hash else 'null'
            ] | join(', ') ~ ')') %}
        {% endfor %}
        {% do run_query('insert into ' ~ noted ~ ' values ' ~ values | join(', ')) %}
    {% endfor %}
    {% do run_query('insert into ' ~ malformed ~ ' select *, ' ~ load_number ~ ' from new_malformed_rows') %}
    {% do run_query('drop table new_malformed_rows') %}
{%- endmacro %}
