{% macro rows_of_raw_file(source_name, raw_file) -%}
    {#- Of a file nobody knows the number of rows but the file itself. -#}
    {% set files = raw_files() %}
    {% set is_file = 'source_name = ' ~ sql_text(source_name) ~ ' and raw_file = ' ~ sql_text(raw_file) %}
    {% set known = run_query('select sum(total_rows) from ' ~ files ~ ' as present where ' ~ is_file).rows[0][0] %}
    {% if known is not none %}
        {{ return(known | int) }}
    {% endif %}
    {% set counts = [] %}
    {% for table in raw_tables() if table.source_name == source_name %}
        {% do counts.append(run_query(
            'select count(*) from ' ~ raw_reader(table.relation, table.source_name, table.name) ~ ' where raw_file = ' ~ sql_text(raw_file)
        ).rows[0][0] | int) %}
    {% endfor %}
    {% if target.type == 'duckdb' and load_relation(malformed_raw_rows()) is not none %}
        {% do counts.append(run_query('select count(*) from ' ~ malformed_raw_rows() ~ ' where ' ~ is_file).rows[0][0] | int) %}
    {% endif %}
    {{ return(counts | sum) }}
{%- endmacro %}
