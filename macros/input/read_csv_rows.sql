{% macro read_csv_rows(files, names, dialect, arguments) -%}
    {#- By the names of the first line: with its columns told, DuckDB guesses nothing. -#}
    {% set columns = [] %}
    {% for name in names %}
        {% do columns.append(sql_text(name) ~ ": 'varchar'") %}
    {% endfor %}
    {{ return(
        'read_csv(' ~ sql_text(files) ~ ', columns = {' ~ columns | join(', ') ~ '}, auto_detect = false, header = true, delim = '
        ~ sql_text(dialect.delimiter) ~ ', quote = ' ~ sql_text(dialect.quote) ~ ', escape = ' ~ sql_text(dialect.escape)
        ~ ', comment = ' ~ sql_text(dialect.comment) ~ ', skip = ' ~ dialect.skip ~ ', nullstr = ' ~ sql_text(dialect.null_text)
        ~ ', encoding = ' ~ sql_text(dialect.encoding) ~ ", filename = 'raw_file', " ~ arguments ~ ')'
    ) }}
{%- endmacro %}
