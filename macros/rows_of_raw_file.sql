{% macro rows_of_raw_file(source_name, raw_file) -%}
    {{ return(adapter.dispatch('rows_of_raw_file', 'identity_graph')(source_name, raw_file)) }}
{%- endmacro %}

{% macro duckdb__rows_of_raw_file(source_name, raw_file) -%}
    {% set counts = [] %}
    {% for table in raw_tables() if table.source_name == source_name %}
        {% do counts.append(run_query(
            'select count(*) from ' ~ table.relation ~ " where raw_file = '" ~ raw_file | replace("'", "''") ~ "'"
        ).rows[0][0] | int) %}
    {% endfor %}
    {{ return(counts | sum) }}
{%- endmacro %}

{% macro bigquery__rows_of_raw_file(source_name, raw_file) -%}
    {{ return(run_query(
        'select sum(total_rows) from ' ~ raw_files() ~ " as present where source_name = '" ~ source_name ~ "' and raw_file = '" ~ raw_file ~ "'"
    ).rows[0][0] | int) }}
{%- endmacro %}
