{% macro note_json_files(files, table, label) -%}
    {#- A line is a row. What is no object is named by its line. -#}
    {% set keys = [] %}
    {% set has_key = [] %}
    {% for name in table.required_columns %}
        {% do keys.append("'$.\"" ~ name ~ "\"'") %}
        {% do has_key.append(', bool_or(has_keys[' ~ loop.index ~ '])') %}
    {% endfor %}
    {% for batch in files | batch(1000) %}
        {% set paths = batch | map(attribute='raw_file') | list %}
        {% do run_query('drop table if exists csv_errors') %}
        {% do run_query('drop table if exists csv_error_scans') %}
        {% set found = {} %}
        {% for row in run_query(
            "select raw_file, count(*), count(*) filter (not is_object)" ~ has_key | join
            ~ ' from (select raw_file, is_object, case when is_object then json_exists(line, [' ~ keys | join(', ') ~ ']) end as has_keys'
            ~ ' from (select raw_file, line, ' ~ is_json_object_line('line') ~ " as is_object from "
            ~ read_lines(paths, {}, "store_rejects = true, rejects_table = 'csv_errors', rejects_scan = 'csv_error_scans'")
            ~ " where trim(line) != '')) group by raw_file"
        ).rows %}
            {% do found.update({row[0]: row}) %}
        {% endfor %}
        {% do run_query(
            'insert into new_malformed_rows select ' ~ sql_text(table.source_name) ~ ', file_path, row_number() over (partition by file_path order by line),'
            ~ ' line from (select distinct file_path, line from csv_errors inner join csv_error_scans using (scan_id, file_id))'
        ) %}
        {% for file in batch %}
            {% set row = found.get(file.raw_file) %}
            {% if row and row[2] | int > 0 %}
                {#- Read as single bytes, so that lines that are no text count as well. -#}
                {% do run_query(
                    'insert into new_malformed_rows select ' ~ sql_text(table.source_name) ~ ', ' ~ sql_text(file.raw_file)
                    ~ ', row_number() over (order by line_number) + (select count(*) from new_malformed_rows where raw_file = ' ~ sql_text(file.raw_file) ~ '),'
                    ~ ' line_number from (select ltrim(line, chr(239) || chr(187) || chr(191)) as line, row_number() over () as line_number from '
                    ~ read_lines([file.raw_file], {'encoding': 'latin-1'})
                    ~ ") where trim(line) != '' and not " ~ is_json_object_line('line')
                    ~ ' and line_number not in (select line_number from new_malformed_rows where raw_file = ' ~ sql_text(file.raw_file) ~ ')'
                ) %}
            {% endif %}
            {% if row and row[1] | int > 1 and row[2] | int == row[1] | int %}
                {{ refuse(label ~ file.raw_file ~ ' holds no JSON object in any of its ' ~ row[1] ~ ' lines; JSON is read one object a line.') }}
            {% endif %}
            {% set missing = [] %}
            {% for name in (table.required_columns if row and row[2] | int < row[1] | int else []) %}
                {% if not row[2 + loop.index] %}
                    {% do missing.append(name) %}
                {% endif %}
            {% endfor %}
            {% if missing %}
                {{ refuse(label ~ file.raw_file ~ ' lacks the required column(s) ' ~ missing | join(', ') ~ '; JSON is read one object a line.') }}
            {% endif %}
            {% set malformed = run_query('select count(*) from new_malformed_rows where raw_file = ' ~ sql_text(file.raw_file)).rows[0][0] | int
                if not row or row[2] | int > 0 or run_query('select 1 from csv_errors limit 1').rows else 0 %}
            {% do file.update({'row_count': malformed + (row[1] | int - row[2] | int if row else 0)}) %}
        {% endfor %}
    {% endfor %}
{%- endmacro %}
