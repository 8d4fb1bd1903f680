{% macro note_line_files(files) -%}
    {#- Every line is a row. -#}
    {% set counts = {} %}
    {% for batch in files | batch(1000) %}
        {% for row in run_query(
            "select raw_file, count(*) filter (trim(line) != '') from " ~ read_lines(batch | map(attribute='raw_file'))
            ~ ' group by raw_file'
        ).rows %}
            {% do counts.update({row[0]: row[1] | int}) %}
        {% endfor %}
    {% endfor %}
    {% for file in files %}
        {% do file.update({'row_count': counts.get(file.raw_file, 0)}) %}
    {% endfor %}
{%- endmacro %}
