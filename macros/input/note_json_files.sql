{% macro note_json_files(files, table, label) -%}
    {#- A line is a row. What is no object is named by its line. -#}
    {% set keys, missing, source_name = [], ['null'], sql_text(table.source_name) %}
    {% for name in table.required_columns %}
        {% do keys.append("'$.\"" ~ name ~ "\"'") %}
        {% do missing.append('case when not bool_or(has_keys[' ~ loop.index ~ "]) then '" ~ name ~ "' end") %}
    {% endfor %}
    {% do run_query('drop table if exists csv_errors; drop table if exists csv_error_scans') %}
    {% do run_query(
        'create or replace temporary table json_counts as select raw_file as path, count(*) as line_count, count(*) filter (is_object) as object_count,'
        ~ " bool_or(left(ltrim(line), 1) = '[') as has_list, concat_ws(', ', " ~ missing | join(', ') ~ ') as missing from (select raw_file, line, is_object, case when is_object then json_exists(line, ['
        ~ keys | join(', ') ~ ']) end as has_keys from (select raw_file, line, ' ~ is_json_object_line() ~ ' as is_object from '
        ~ read_lines(files, {}, "store_rejects = true, rejects_table = 'csv_errors', rejects_scan = 'csv_error_scans'")
        ~ " where trim(line) != '')) group by raw_file"
    ) %}
    {% do run_query(
        'insert into new_malformed_rows select distinct ' ~ source_name ~ ', file_path, line from csv_errors inner join csv_error_scans using (scan_id, file_id)'
    ) %}
    {#- A line that is no text is a line, too: a packed file whose name does not say so has no other. -#}
    {% for path, line_count, object_count, missing, has_list in run_query(
        'select path, coalesce(line_count, 0) + coalesce(unread_count, 0), coalesce(object_count, 0), missing, has_list from json_counts full join (select raw_file'
        ~ ' as path, count(*) as unread_count from new_malformed_rows where raw_file in ' ~ sql_text(files) ~ ' group by 1) as unread using (path)'
        ~ " where unread_count > 0 or object_count < line_count or missing != '' order by 1"
    ).rows %}
        {{ refuse(label ~ path ~ ' holds no JSON object in any of its ' ~ line_count | int ~ ' line(s); JSON is read one object a line.')
            if object_count == 0 and (line_count > 1 or has_list) }}
        {{ refuse(label ~ path ~ ' lacks the required column(s) ' ~ missing ~ '; JSON is read one object a line.') if missing and object_count > 0 }}
        {#- Lines that are no text are named above, and are left out when the file is read again. -#}
        {% do run_query(
            'insert into new_malformed_rows with unreadable as (select line_number - row_number() over (order by line_number) as readable_lines_before'
            ~ ' from new_malformed_rows where raw_file = ' ~ sql_text(path) ~ ') select ' ~ source_name ~ ', ' ~ sql_text(path) ~ ', place + (select'
            ~ ' count(*) from unreadable where readable_lines_before < place) from (select row_number() over () as place, line from '
            ~ read_lines([path]) ~ ") where trim(line) != '' and not " ~ is_json_object_line()
        ) %}
    {% endfor %}
    {% do note_files(
        table, 'select path, coalesce(object_count, 0) + (select count(*) from new_malformed_rows where raw_file = path) as row_count from (select unnest('
        ~ sql_text(files) ~ ') as path) left join json_counts using (path)', 'row_count = found.row_count'
    ) %}
{%- endmacro %}

{% macro is_json_object_line() -%}
    {#- A cut line, half a letter or two objects are none. -#}
    coalesce(left(ltrim(line), 1) = '{' and json_valid(line), false)
{%- endmacro %}
