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
            {% set dialect = csv_dialect(path) %}
            {% set quote = dialect.quote %}
            {% set q, d = modules.re.escape(quote), modules.re.escape(dialect.delimiter) %}
            {% set fields = modules.re.findall(
                '(?:^|' ~ d ~ ')\\s*(' ~ q ~ '(?:[^' ~ q ~ ']|' ~ q ~ q ~ ')*' ~ q ~ '|(?:(?!' ~ d ~ ').)*)', line
            ) if quote and quote in line else line.split(dialect.delimiter) %}
            {#- Names of the columns, each once and none empty, as DuckDB names them. -#}
            {% set names, taken = [], ['raw_file', 'file_row_number'] %}
            {% for field in fields | map('trim') %}
                {% set bare = field[1:-1].replace(quote ~ quote, quote) | trim if quote and field[:1] == quote else field %}
                {% set name = bare or 'column' ~ loop.index0 %}
                {% do names.append(name ~ '_' ~ loop.index0 if name | lower in taken else name) %}
                {% do taken.append(names[-1] | lower) %}
            {% endfor %}
            {% set missing = table.required_columns | map('lower') | reject('in', names | map('lower') | list) | list %}
            {#- A file without names begins with what a person said: only names that are known are told. -#}
            {% set known = names | select('in', json_columns(table.source_name, table.name)) | list %}
            {{ refuse(
                label ~ path ~ ' lacks the required column(s) ' ~ missing | join(', ') ~ ': its first line holds ' ~ names | length
                ~ ' column(s) between ' ~ tojson(dialect.delimiter) ~ ', of which ' ~ (known | join(', ') or 'none')
                ~ ' is known. If it is written otherwise, the var csv_dialect says how.'
            ) if missing }}
            {% do groups.setdefault(tojson([names, dialect.delimiter]), []).append(path) %}
        {% endfor %}
    {% endfor %}
    {% for key, paths in groups.items() %}
        {% do note_csv_rows(paths, fromjson(key)[0], table) %}
    {% endfor %}
{%- endmacro %}
