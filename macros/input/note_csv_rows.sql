{% macro note_csv_rows(files, names, table) -%}
    {% set dialect, source_name = csv_dialect(files[0]), sql_text(table.source_name) %}
    {% do run_query('create or replace temporary table csv_rows as ' ~ count_csv_rows(files, names, dialect)) %}
    {% do note_csv_errors(source_name) %}
    {#- The file's lines are counted by themselves: rows that the reader left out without a word would be missing from its own count. -#}
    {% do run_query('drop table if exists line_errors; drop table if exists line_error_scans') %}
    {% do run_query(
        "create or replace temporary table csv_lines as select raw_file, count(*) as line_count, count(*) filter (trim(line, ' ' || chr(9) || chr(13)) != '')"
        ~ ' as filled_count from ' ~ read_lines(files, dialect, "store_rejects = true, rejects_table = 'line_errors', rejects_scan = 'line_error_scans'")
        ~ ' group by raw_file'
    ) %}
    {#- Lines that are no text are lines, too, and empty ones no rows. -#}
    {% do run_query(
        'create or replace temporary view csv_counts as select raw_file as path, found, least(lines, greatest(filled_lines, found + header_and_breaks))'
        ~ ' - header_and_breaks as expected, is_malformed from (select raw_file, line_count + coalesce(unreadable_count, 0) as lines,'
        ~ ' filled_count + coalesce(unreadable_count, 0) as filled_lines, coalesce(row_count, 0) + coalesce(malformed_count, 0) as found,'
        ~ ' 1 + coalesce(breaks, 0) as header_and_breaks, coalesce(malformed_count > 0, false) as is_malformed from csv_lines left join csv_rows'
        ~ ' using (raw_file) left join (select raw_file, count(*) as malformed_count from new_malformed_rows where source_name = ' ~ source_name
        ~ ' group by raw_file) using (raw_file) left join (select file_path as raw_file, count(distinct line) as unreadable_count from line_errors'
        ~ ' inner join line_error_scans using (scan_id, file_id) group by file_path) using (raw_file))'
    ) %}
    {#- Of several files the reader names no row whose quote is still open where its file ends. -#}
    {% for path in run_query('select path from csv_counts where found < expected order by 1').columns[0].values() %}
        {% do run_query(count_csv_rows([path], names, dialect)) %}
        {% do note_csv_errors(source_name) %}
    {% endfor %}
    {% do note_files(table, 'from csv_counts', 'row_count = expected, is_read_whole = is_malformed, column_names = ' ~ sql_text(tojson(names))) %}
{%- endmacro %}

{% macro count_csv_rows(files, names, dialect) -%}
    {#- Every column is asked for, or what is no text would be found only later. A row may hold line breaks of its own. -#}
    {% do run_query('drop table if exists csv_errors; drop table if exists csv_error_scans') %}
    {{ return(
        "select raw_file, count(*) as row_count, sum(strlen(content) - strlen(replace(content, chr(10), ''))) as breaks from (select raw_file, concat(\""
        ~ names | map('replace', '"', '""') | join('", "') ~ '") as content from ' ~ read_csv_rows(
            files, names, dialect, "store_rejects = true, rejects_table = 'csv_errors', rejects_scan = 'csv_error_scans'"
        ) ~ ') group by raw_file'
    ) }}
{%- endmacro %}

{% macro note_csv_errors(source_name) -%}
    {#- What stands between an open quote and the end of the row it swallowed are lines that are no rows either. -#}
    {% do run_query(
        'insert into new_malformed_rows select ' ~ source_name ~ ', file_path, line + number from (select distinct scans.file_path, errors.line,'
        ~ " unnest(range(strlen(rejected) - strlen(replace(rejected, chr(10), '')) + 1)) as number from (select scan_id, file_id, line,"
        ~ " trim(coalesce(any_value(csv_line), ''), chr(10) || chr(13)) as rejected from csv_errors group by scan_id, file_id, line) as errors"
        ~ ' inner join csv_error_scans as scans using (scan_id, file_id)) except select * from new_malformed_rows'
    ) %}
{%- endmacro %}
