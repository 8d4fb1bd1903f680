{% macro rewritten_raw_files() -%}
    {#- Their owner took out just as many rows as were erased: what is left is what is stored. -#}
    {% set found = [] %}
    {% set listed, received = previous_run('int_raw_files'), relation_named('int_events_received') %}
    {% set malformed = relation_named('malformed_raw_rows') %}
    {% if execute and not flags.FULL_REFRESH and load_relation(listed) is not none and load_relation(received) is not none %}
        {% for source_name, raw_file, rows_left, rows_now in run_query(
            'select listed.source_name, listed.raw_file, listed.row_count - emptied.row_count, present.total_rows from ' ~ listed
            ~ ' as listed inner join (select source_name, raw_file, count(*) as row_count from ' ~ received
            ~ " where rejection_reason = 'erased' group by source_name, raw_file) as emptied on listed.source_name = emptied.source_name"
            ~ ' and listed.raw_file = emptied.raw_file inner join ' ~ raw_files()
            ~ ' as present on listed.source_name = present.source_name and listed.raw_file = present.raw_file where '
            ~ has_changed('present', 'listed') ~ ' order by 1, 2'
        ).rows %}
            {#- Of a file nobody knows the number of rows but the file itself, and, of lines that are no rows, who looked into it. -#}
            {% set counts = [] if rows_now is none else [rows_now | int] %}
            {% for table in raw_tables() if rows_now is none and table.source_name == source_name %}
                {% do counts.append(run_query(
                    'select count(*) from ' ~ raw_reader(table.relation, table.source_name, table.name) ~ ' where raw_file = ' ~ sql_text(raw_file)
                ).rows[0][0] | int) %}
            {% endfor %}
            {% if rows_now is none and load_relation(malformed) is not none %}
                {% do counts.append(run_query(
                    'select count(*) from ' ~ malformed ~ ' where source_name = ' ~ sql_text(source_name) ~ ' and raw_file = ' ~ sql_text(raw_file)
                ).rows[0][0] | int) %}
            {% endif %}
            {% if counts | sum == rows_left | int %}
                {% do found.append({'source_name': source_name, 'raw_file': raw_file, 'row_count': rows_left | int}) %}
            {% endif %}
        {% endfor %}
    {% endif %}
    {{ return(found) }}
{%- endmacro %}
