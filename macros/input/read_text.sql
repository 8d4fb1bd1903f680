{% macro plain_csv() -%}
    {{ return({'delimiter': ',', 'quote': '"', 'escape': '"', 'comment': '', 'skip': 0, 'encoding': 'utf-8', 'null_text': ''}) }}
{%- endmacro %}

{% macro csv_dialect(path) -%}
    {#- How CSV files are written; nothing of it is guessed, because a guess from a sample is wrong for the rows after it. -#}
    {% set dialect = plain_csv() %}
    {% do dialect.update(var('csv_dialect') or {}) %}
    {% if modules.re.search('[.](tsv|tab)([.](gz|zst))?$', path | lower) %}
        {% do dialect.update({'delimiter': '\t'}) %}
    {% endif %}
    {{ return(dialect) }}
{%- endmacro %}

{% macro read_csv_rows(files, names, dialect, arguments) -%}
    {#- By the names of the first line: with its columns told, DuckDB guesses nothing. -#}
    {% set columns = [] %}
    {% for name in names %}
        {% do columns.append(sql_text(name) ~ ": 'varchar'") %}
    {% endfor %}
    {{ return(
        'read_csv(' ~ names_of_files(files) ~ ', columns = {' ~ columns | join(', ') ~ '}, auto_detect = false, header = true, delim = '
        ~ sql_text(dialect.delimiter) ~ ', quote = ' ~ sql_text(dialect.quote) ~ ', escape = ' ~ sql_text(dialect.escape)
        ~ ', comment = ' ~ sql_text(dialect.comment) ~ ', skip = ' ~ dialect.skip ~ ', nullstr = ' ~ sql_text(dialect.null_text)
        ~ ', encoding = ' ~ sql_text(dialect.encoding) ~ ", filename = 'raw_file', " ~ arguments ~ ')'
    ) }}
{%- endmacro %}

{% macro names_of_files(files) -%}
    {#- A reader takes a name for a pattern: of events[1].csv, it would read events1.csv. -#}
    {% set names = [] %}
    {% for file in files %}
        {% do names.append(modules.re.sub('([*?[])', '[\\1]', file)) %}
    {% endfor %}
    {{ return(sql_text(names)) }}
{%- endmacro %}

{% macro read_lines(files, dialect={}, arguments='ignore_errors = true') -%}
    {#- Each line of text files as it stands, whatever is in it: no character quotes and none divides. -#}
    {{ return(
        'read_csv(' ~ names_of_files(files) ~ ", columns = {'line': 'varchar'}, auto_detect = false, header = false, delim = chr(1), quote = '',"
        ~ " escape = '', strict_mode = false, comment = " ~ sql_text(dialect.comment or '') ~ ', skip = ' ~ (dialect.skip or 0)
        ~ ', encoding = ' ~ sql_text(dialect.encoding or 'utf-8') ~ ", filename = 'raw_file', " ~ arguments ~ ')'
    ) }}
{%- endmacro %}
