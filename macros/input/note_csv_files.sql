{% macro note_csv_files(files, table, label) -%}
    {#- Files of one first line are looked through together. -#}
    {% set groups = {} %}
    {% for batch in files | batch(200) %}
        {% set heads = [] %}
        {% for file in batch %}
            {% do heads.append('(select raw_file, line from ' ~ read_lines([file.raw_file], csv_dialect(file.raw_file)) ~ ' limit 1)') %}
        {% endfor %}
        {% set first_lines = dict(run_query(heads | join(' union all ')).rows.values()) %}
        {% for file in batch if first_lines.get(file.raw_file) %}
            {% set dialect = csv_dialect(file.raw_file) %}
            {% set names = csv_header(first_lines[file.raw_file], dialect) %}
            {% set missing = table.required_columns | reject('in', names | map('lower') | list) | list %}
            {% if missing %}
                {{ refuse(
                    label ~ file.raw_file ~ ' lacks the required column(s) ' ~ missing | join(', ') ~ ': its first line holds '
                    ~ names | length ~ ' column(s) between ' ~ tojson(dialect.delimiter) ~ ' (' ~ names[:6] | join(', ')
                    ~ '). If it is written otherwise, the var csv_dialect says how.'
                ) }}
            {% endif %}
            {% do file.update({'names': names}) %}
            {% do groups.setdefault(tojson([names, dialect.delimiter]), []).append(file) %}
        {% endfor %}
    {% endfor %}
    {% for group in groups.values() %}
        {% do note_csv_rows(group, table) %}
    {% endfor %}
{%- endmacro %}
