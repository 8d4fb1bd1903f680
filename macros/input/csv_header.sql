{% macro csv_header(line, dialect) -%}
    {#- Names of the columns, each once and none empty, as DuckDB names them. -#}
    {% set quote = dialect.quote %}
    {% if quote and quote in line %}
        {% set q, d = modules.re.escape(quote), modules.re.escape(dialect.delimiter) %}
        {% set fields = modules.re.findall('(?:^|' ~ d ~ ')\\s*(' ~ q ~ '(?:[^' ~ q ~ ']|' ~ q ~ q ~ ')*' ~ q ~ '|(?:(?!' ~ d ~ ').)*)', line) %}
    {% else %}
        {% set fields = line.split(dialect.delimiter) %}
    {% endif %}
    {% set names = [] %}
    {% set taken = ['raw_file', 'file_row_number'] %}
    {% for field in fields %}
        {% set bare = field | trim %}
        {% if quote and bare[:1] == quote %}
            {% set bare = bare[1:-1].replace(quote ~ quote, quote) | trim %}
        {% endif %}
        {% set name = bare or 'column' ~ loop.index0 %}
        {% set name = name ~ '_' ~ loop.index0 if name | lower in taken else name %}
        {% do taken.append(name | lower) %}
        {% do names.append(name) %}
    {% endfor %}
    {{ return(names) }}
{%- endmacro %}
