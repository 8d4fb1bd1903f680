{% macro note_csv_rows(files, table) -%}
    {#- Every column is asked for, or what is no text would be found only later. A row may hold line breaks of its own. -#}
    {% set dialect = csv_dialect(files[0].raw_file) %}
    {% set paths = files | map(attribute='raw_file') | list %}
    {% set content = [] %}
    {% for name in files[0].names %}
        {% do content.append(adapter.quote(name)) %}
    {% endfor %}
    {% do run_query('drop table if exists csv_errors') %}
    {% do run_query('drop table if exists csv_error_scans') %}
    {% set read = {} %}
    {% for row in run_query(
        'select raw_file, count(*), sum(strlen(content) - strlen(replace(content, chr(10), \'\'))) from (select raw_file, concat('
        ~ content | join(', ') ~ ') as content from ' ~ read_csv_rows(
            paths, files[0].names, dialect, "store_rejects = true, rejects_table = 'csv_errors', rejects_scan = 'csv_error_scans'"
        ) ~ ') group by raw_file'
    ).rows %}
        {% do read.update({row[0]: [row[1] | int, row[2] | int]}) %}
    {% endfor %}
    {#- What stands between an open quote and the end of the row it swallowed are lines that are no rows either. -#}
    {% do run_query(
        'insert into new_malformed_rows select ' ~ sql_text(table.source_name) ~ ', file_path,'
        ~ ' row_number() over (partition by file_path order by line, number), line + number from (select distinct scans.file_path, errors.line,'
        ~ " unnest(range(strlen(rejected) - strlen(replace(rejected, chr(10), '')) + 1)) as number from (select scan_id, file_id, line,"
        ~ " trim(coalesce(any_value(csv_line), ''), chr(10) || chr(13)) as rejected from csv_errors group by scan_id, file_id, line) as errors"
        ~ ' inner join csv_error_scans as scans using (scan_id, file_id))'
    ) %}
    {% set malformed = {} %}
    {% for row in run_query(
        'select raw_file, count(*) from new_malformed_rows where source_name = ' ~ sql_text(table.source_name) ~ ' group by raw_file'
    ).rows %}
        {% do malformed.update({row[0]: row[1] | int}) %}
    {% endfor %}
    {% set undecodable = run_query(
        "select distinct scans.file_path from csv_errors inner join csv_error_scans as scans using (scan_id, file_id)"
        ~ " where error_type = 'INVALID ENCODING'"
    ).columns[0].values() %}
    {#- The file's lines are counted by themselves: rows that the reader left out without a word would be missing from its own count. -#}
    {% set lines = {} %}
    {% for row in run_query('select raw_file, count(*) from ' ~ read_lines(paths, dialect) ~ ' group by raw_file').rows %}
        {% do lines.update({row[0]: row[1] | int}) %}
    {% endfor %}
    {% for file in files %}
        {% set row_count, breaks = read.get(file.raw_file, [0, 0]) %}
        {% set found = row_count + malformed.get(file.raw_file, 0) %}
        {% set expected = lines[file.raw_file] - 1 - breaks %}
        {% if found < expected %}
            {#- Empty lines are no rows. -#}
            {% do dialect.update({'encoding': 'latin-1' if dialect.encoding == 'utf-8' else dialect.encoding}) %}
            {% set filled = run_query(
                "select count(*) filter (trim(line, ' ' || chr(9) || chr(13)) != '') from " ~ read_lines([file.raw_file], dialect)
            ).rows[0][0] | int %}
            {% set expected = [found, filled - 1 - breaks] | max %}
        {% endif %}
        {% do file.update({'row_count': expected, 'is_read_whole': file.raw_file in undecodable or file.raw_file in malformed}) %}
    {% endfor %}
{%- endmacro %}
