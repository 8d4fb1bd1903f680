{% macro rewritten_raw_files() -%}
    {#- Their owner took out just as many rows as were erased: what is left is what is stored. -#}
    {% set found = [] %}
    {% set listed = previous_run('int_raw_files') %}
    {% set received = relation_named('int_events_received') %}
    {% if execute and not flags.FULL_REFRESH and load_relation(listed) is not none and load_relation(received) is not none %}
        {% set candidates = run_query(
            'select listed.source_name, listed.raw_file, listed.row_count - emptied.row_count as row_count from ' ~ listed
            ~ ' as listed inner join (select source_name, raw_file, count(*) as row_count from ' ~ received
            ~ " where rejection_reason = 'erased' group by source_name, raw_file) as emptied on listed.source_name = emptied.source_name"
            ~ ' and listed.raw_file = emptied.raw_file inner join ' ~ raw_files()
            ~ ' as present on listed.source_name = present.source_name and listed.raw_file = present.raw_file where '
            ~ adapter.dispatch('has_changed', 'identity_graph')('present', 'listed') ~ ' order by 1, 2'
        ).rows %}
        {% for candidate in candidates %}
            {% set rows_now = rows_of_raw_file(candidate[0], candidate[1]) %}
            {% if rows_now == candidate[2] | int %}
                {% do found.append({'source_name': candidate[0], 'raw_file': candidate[1], 'row_count': rows_now}) %}
            {% endif %}
        {% endfor %}
    {% endif %}
    {{ return(found) }}
{%- endmacro %}
