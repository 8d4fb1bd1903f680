{% macro note_csv_rows(files, names, table) -%}
    {#- Every column is asked for, or what is no text would be found only later. A row may hold line breaks of its own. -#}
    {% set dialect, source_name = csv_dialect(files[0]), sql_text(table.source_name) %}
    {% do run_query('drop table if exists csv_errors; drop table if exists csv_error_scans') %}
    {% do run_query(
        "create or replace temporary table csv_rows as select raw_file, count(*) as row_count, sum(strlen(content) - strlen(replace(content, chr(10), '')))"
        ~ ' as breaks from (select raw_file, concat("' ~ names | join('", "') ~ '") as content from ' ~ read_csv_rows(
            files, names, dialect, "store_rejects = true, rejects_table = 'csv_errors', rejects_scan = 'csv_error_scans'"
        ) ~ ') group by raw_file'
    ) %}
    {#- What stands between an open quote and the end of the row it swallowed are lines that are no rows either. -#}
    {% do run_query(
        'insert into new_malformed_rows select ' ~ source_name ~ ', file_path, line + number from (select distinct scans.file_path, errors.line,'
        ~ " unnest(range(strlen(rejected) - strlen(replace(rejected, chr(10), '')) + 1)) as number from (select scan_id, file_id, line,"
        ~ " trim(coalesce(any_value(csv_line), ''), chr(10) || chr(13)) as rejected from csv_errors group by scan_id, file_id, line) as errors"
        ~ ' inner join csv_error_scans as scans using (scan_id, file_id))'
    ) %}
    {#- The file's lines are counted by themselves: rows that the reader left out without a word would be missing from its own count. -#}
    {% do run_query(
        'create or replace temporary table csv_counts as select raw_file as path, coalesce(breaks, 0) as breaks, line_count - 1 - coalesce(breaks, 0)'
        ~ ' as expected, coalesce(row_count, 0) + coalesce(malformed_count, 0) as found, malformed_count > 0 as is_malformed from (select raw_file,'
        ~ ' count(*) as line_count from ' ~ read_lines(files, dialect) ~ ' group by raw_file) left join csv_rows using (raw_file) left join (select'
        ~ ' raw_file, count(*) as malformed_count from new_malformed_rows where source_name = ' ~ source_name ~ ' group by raw_file) using (raw_file)'
    ) %}
    {#- Empty lines are no rows. -#}
    {% set unsure = run_query('select path from csv_counts where found < expected order by 1').columns[0].values() %}
    {% do dialect.update({'encoding': 'latin-1' if dialect.encoding == 'utf-8' else dialect.encoding}) %}
    {% do run_query(
        "update csv_counts set expected = greatest(found, filled - 1 - breaks) from (select raw_file, count(*) filter (trim(line, ' ' || chr(9) || chr(13)) != '')"
        ~ ' as filled from ' ~ read_lines(unsure, dialect) ~ ' group by raw_file) where raw_file = path'
    ) if unsure %}
    {% do note_files(table, 'from csv_counts', 'row_count = expected, is_read_whole = coalesce(is_malformed, false), column_names = ' ~ sql_text(tojson(names))) %}
{%- endmacro %}
