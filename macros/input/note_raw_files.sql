{% macro note_raw_files() -%}
    {#- Looks into each file that is new, before anything is written: what it holds, and which lines of it are no rows. -#}
    {% set noted, malformed = relation_named('noted_raw_files'), relation_named('malformed_raw_rows') %}
    {% set loaded = loaded_raw_files() %}
    {% set files = [] %}
    {% do run_query('create or replace temporary table new_malformed_rows (source_name varchar, raw_file varchar, row_place bigint, line_number bigint)') %}
    {% for table in raw_tables() | rejectattr('is_relation') %}
        {% set label = raw_source_label(table.source_name) ~ ': ' %}
        {% set new_files = files_to_note(table, loaded, label) %}
        {% do note_parquet_files(new_files | selectattr('format', 'eq', 'parquet') | list, table, label) %}
        {% do note_csv_files(new_files | selectattr('format', 'eq', 'csv') | list, table, label) %}
        {% do note_json_files(new_files | selectattr('format', 'eq', 'json') | list, table, label) %}
        {#- Of other files every line is a row. -#}
        {% for batch in new_files | selectattr('format', 'eq', 'lines') | batch(1000) %}
            {% set line_counts = dict(run_query(
                "select raw_file, count(*) filter (trim(line) != '') from " ~ read_lines(batch | map(attribute='raw_file')) ~ ' group by raw_file'
            ).rows.values()) %}
            {% for file in batch %}
                {% do file.update({'row_count': line_counts.get(file.raw_file, 0) | int}) %}
            {% endfor %}
        {% endfor %}
        {% do files.extend(new_files) %}
    {% endfor %}
    {% set of_generic = files | selectattr('source_name', 'eq', 'generic') | list %}
    {% if not loaded and of_generic and not of_generic | selectattr('row_count') | list %}
        {{ refuse(raw_source_label('generic') ~ ': ' ~ of_generic | map(attribute='raw_file') | join(', ') ~ ' holds no event.') }}
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
            'delete from ' ~ relation ~ ' where ' ~ ('(source_name, raw_file) not in (select source_name, raw_file from ' ~ loaded ~ ')' if loaded else 'true')
        ) %}
    {% endfor %}
    {% set loads = relation_named('event_loads') %}
    {% set load_number = run_query('select coalesce(max(load_number), 0) + 1 from ' ~ loads).rows[0][0] if load_relation(loads) is not none else 1 %}
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
