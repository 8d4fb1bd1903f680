{% macro note_csv_files(files, table, label) -%}
    {#- Files of one first line are looked through together. -#}
    {% set groups = {} %}
    {% for batch in files | batch(200) %}
        {% set heads = [] %}
        {% for path in batch %}
            {% do heads.append('(select raw_file, line from ' ~ read_lines([path], csv_dialect(path)) ~ ' limit 1)') %}
        {% endfor %}
        {% set first_lines = run_query(heads | join(' union all ') ~ ' order by 1').rows %}
        {% for path, line in first_lines if not line %}
            {{ refuse(
                label ~ path ~ ' begins with an empty line, and has rows: its first line has to name the columns (the var csv_dialect can skip lines).'
            ) if run_query('select 1 from ' ~ read_lines([path], csv_dialect(path)) ~ " where trim(line) != '' limit 1").rows | length }}
        {% endfor %}
        {% for path, line in first_lines if line %}
            {% set columns, delimiter = csv_columns(line, csv_dialect(path)), csv_dialect(path).delimiter %}
            {% set names, readable = columns.names, json_columns(table.source_name, table.name) %}
            {% set missing = table.required_columns | map('lower') | reject('in', names | map('lower') | list) | list %}
            {#- A file without names begins with what a person said: only names that are known are told. -#}
            {% set known = names | select('in', readable) | list %}
            {{ refuse(
                label ~ path ~ ' lacks the required column(s) ' ~ missing | join(', ') ~ ': its first line holds ' ~ names | length
                ~ ' column(s) between ' ~ tojson(delimiter) ~ ', of which ' ~ (known | join(', ') or 'none')
                ~ ' is known. If it is written otherwise, the var csv_dialect says how.'
            ) if missing }}
            {% for name in columns.repeated if name | lower in readable | map('lower') %}
                {{ refuse(label ~ path ~ ' names ' ~ name ~ ' twice in its first line, and they may differ: rename the one that does not count.') }}
            {% endfor %}
            {% do groups.setdefault(tojson([names, delimiter]), []).append(path) %}
        {% endfor %}
    {% endfor %}
    {% for key, paths in groups.items() %}
        {% do note_csv_rows(paths, fromjson(key)[0], table) %}
    {% endfor %}
{%- endmacro %}

{% macro csv_columns(first_line, dialect) -%}
    {#- Names of the columns, each once and none empty, as DuckDB names them; and those that stand there more than once. -#}
    {% set quote = dialect.quote %}
    {% set q, d = modules.re.escape(quote), modules.re.escape(dialect.delimiter) %}
    {% set fields = modules.re.findall(
        '(?:^|' ~ d ~ ')\\s*(' ~ q ~ '(?:[^' ~ q ~ ']|' ~ q ~ q ~ ')*' ~ q ~ '|(?:(?!' ~ d ~ ').)*)', first_line
    ) if quote and quote in first_line else first_line.split(dialect.delimiter) %}
    {% set names, repeated, taken = [], [], ['raw_file', 'file_row_number'] %}
    {% for field in fields | map('trim') %}
        {% set bare = field[1:-1].replace(quote ~ quote, quote) | trim if quote and field[:1] == quote else field %}
        {% set name = bare or 'column' ~ loop.index0 %}
        {% do repeated.append(name) if name | lower in taken %}
        {% do names.append(name ~ '_' ~ loop.index0 if name | lower in taken else name) %}
        {% do taken.append(names[-1] | lower) %}
    {% endfor %}
    {{ return({'names': names, 'repeated': repeated}) }}
{%- endmacro %}

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
