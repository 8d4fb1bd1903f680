{% macro note_raw_files() -%}
    {#- Looks into each file that is new, before anything is written: what it holds, and which lines of it are no rows. -#}
    {% set noted, malformed = relation_named('noted_raw_files'), relation_named('malformed_raw_rows') %}
    {% set loaded, tables = loaded_raw_files(), raw_tables() | rejectattr('is_relation') | list %}
    {% do run_query(
        'create or replace temporary table new_malformed_rows (source_name varchar, raw_file varchar, line_number bigint);'
        ~ ' create or replace temporary table new_files as ' ~ files_to_note(tables, loaded)
    ) %}
    {% set notes = {'parquet': note_parquet_files, 'csv': note_csv_files, 'json': note_json_files, 'line': note_line_files, 'unknown': refuse_files} %}
    {% for source_name, table_name, format, paths, fresh_paths in run_query(
        'select source_name, table_name, file_format, string_agg(raw_file, chr(29) order by raw_file), string_agg(raw_file, chr(29))'
        ~ " filter (content_hash = '') from new_files group by 1, 2, 3 order by case file_format when 'unknown' then 0 else 1 end, 1, 2"
    ).rows %}
        {% set table = tables | selectattr('source_name', 'eq', source_name) | selectattr('name', 'eq', table_name) | first %}
        {% do notes[format](paths.split('\x1d'), table, raw_source_label(source_name) ~ ': ') %}
        {% do run_query('update new_files set content_hash = md5(content) from read_blob(' ~ names_of_files(fresh_paths.split('\x1d'))
            ~ ") where filename = raw_file and content_hash = ''") if fresh_paths %}
    {% endfor %}
    {% for row in ([] if loaded else run_query(
        "select string_agg(raw_file, ', ' order by raw_file) from new_files where source_name = 'generic' having sum(row_count) = 0"
    ).rows) %}
        {{ refuse(raw_source_label('generic') ~ ': ' ~ row[0] ~ ' holds no event.') }}
    {% endfor %}
    {#- What a run noted that read nothing of it is noted again. A database of an earlier version has the table without the hash. -#}
    {% set is_unread = ' where ' ~ ('(source_name, raw_file) not in (select source_name, raw_file from ' ~ loaded ~ ')' if loaded else 'true') %}
    {% do run_query(
        'create table if not exists ' ~ noted ~ ' as select * from new_files where false; alter table ' ~ noted ~ ' add column if not exists'
        ~ ' content_hash varchar; create table if not exists ' ~ malformed ~ ' (source_name varchar, raw_file varchar, row_place bigint,'
        ~ ' line_number bigint, load_number bigint); delete from ' ~ noted ~ is_unread ~ '; delete from ' ~ malformed ~ is_unread
        ~ '; insert into ' ~ noted ~ ' by name from new_files; insert into ' ~ malformed ~ ' by name select *,'
        ~ ' row_number() over (partition by source_name, raw_file order by line_number) as row_place from new_malformed_rows'
        ~ ' inner join (select distinct load_number from new_files) on true; drop table new_malformed_rows; drop table new_files'
    ) %}
    {% do [adapter.cache_added(noted), adapter.cache_added(malformed)] %}
{%- endmacro %}

{% macro note_files(table, found, values) -%}
    {% do run_query('update new_files set ' ~ values ~ ' from (' ~ found ~ ') as found where new_files.raw_file = found.path and source_name = '
        ~ sql_text(table.source_name) ~ ' and table_name = ' ~ sql_text(table.name)) %}
{%- endmacro %}
