{% macro read_lines(files, dialect={}, arguments='ignore_errors = true') -%}
    {#- Each line of text files as it stands, whatever is in it: no character quotes and none divides. -#}
    {{ return(
        'read_csv(' ~ sql_text(files) ~ ", columns = {'line': 'varchar'}, auto_detect = false, header = false, delim = chr(1), quote = '',"
        ~ " escape = '', strict_mode = false, comment = " ~ sql_text(dialect.comment or '') ~ ', skip = ' ~ (dialect.skip or 0)
        ~ ', encoding = ' ~ sql_text(dialect.encoding or 'utf-8') ~ ", filename = 'raw_file', " ~ arguments ~ ')'
    ) }}
{%- endmacro %}
