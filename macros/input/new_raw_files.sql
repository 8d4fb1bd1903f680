{% macro new_raw_files(source_name) -%}
    {#- What is stored counts unless it is made anew, which a project may forbid (full_refresh: false). -#}
    {% set kept = graph.nodes['model.identity_graph.int_events_received'].config.full_refresh if execute else none %}
    {% set is_anew = flags.FULL_REFRESH if kept is none else kept %}
    {% set loaded = load_relation(relation_named('int_events_received')) if execute and not is_anew else none %}
    {% set tables = raw_tables() | selectattr('source_name', 'eq', source_name) | list %}
    {% set is_read = execute and flags.WHICH in ['build', 'run', 'compile', 'show'] and not flags.EMPTY %}
    {% set noted = relation_named('noted_raw_files') if execute and not flags.EMPTY else none %}
    {% if target.type == 'duckdb' and not tables | selectattr('is_relation') | list %}
        {{ return(none if loaded is none else ["''"]) if not noted or load_relation(noted) is none }}
        {#- What this run found at its start; a file that comes while it runs is the next one's. -#}
        {% set literal, first, query = '', "''", 'select raw_file from ' ~ noted ~ ' where source_name = ' ~ sql_text(source_name)
            ~ ' and load_number = ' ~ current_load() ~ ' order by 1' %}
    {% else %}
        {#- What still grows is left for a later run, or, where rows are added to it for days, read again. Files of a run that broke off before
            the list was written are found by their load. -#}
        {% set literal = '' if target.type != 'bigquery' or tables and tables[0].arrives_by == '_table_suffix' else 'timestamp ' %}
        {% set listed = previous_run('int_raw_files') %}
        {% set is_listed = is_read and loaded is not none and load_relation(listed) is not none %}
        {% set first, query = literal ~ "'1970-01-01'", 'select raw_file from ' ~ raw_files() ~ " as present where present.source_name = '"
            ~ source_name ~ "' and (present.closed_at is null or present.closed_at <= " ~ run_clock() ~ ')'
            ~ (' and not exists (select 1 from ' ~ listed ~ ' as listed where listed.source_name = present.source_name'
                ~ ' and listed.raw_file = present.raw_file and (not present.may_grow or listed.row_count >= present.total_rows))' if is_listed else '')
            ~ (' and not exists (select 1 from ' ~ loaded ~ ' as loaded where loaded.load_number > '
                ~ (run_query('select coalesce(max(load_number), 0) from ' ~ listed).rows[0][0] if is_listed else 0)
                ~ ' and loaded.source_name = present.source_name and loaded.raw_file = present.raw_file)' if loaded is not none else '')
            ~ (' and present.raw_file like ' ~ sql_text(var('raw_files_like')) if var('raw_files_like') else '') ~ ' order by 1' %}
    {% endif %}
    {% set files = [first] %}
    {% for row in (run_query(query).rows if is_read else []) %}
        {% do files.append(literal ~ sql_text(row[0])) %}
    {% endfor %}
    {{ return(files) }}
{%- endmacro %}
