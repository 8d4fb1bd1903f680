{% macro check_stored_events() -%}
    {% set loads = relation_named('event_loads') %}
    {% set loaded_files = loaded_raw_files() if load_relation(loads) is not none %}
    {% if loaded_files %}
        {% set again = ' The stored events cannot be continued: run dbt build --full-refresh.' %}
        {% set tables = raw_tables() %}
        {% set places = tables | map(attribute='place') | list %}
        {% set before = run_query('select raw_location from ' ~ loads ~ ' order by load_number desc limit 1').rows %}
        {#- A run that began before the relation of its events was made names none. Partitions of any table have the same names. -#}
        {% for place in (before[0][0].split(' | ') if before and before[0][0] else []) if place not in places
            and (target.type != 'duckdb' or run_query(
                'select 1 from ' ~ loaded_files ~ ' as loaded where source_name = ' ~ sql_text(place.split(': ')[0])
                ~ ' and (source_name, raw_file) not in (select source_name, raw_file from ' ~ raw_files() ~ ') limit 1'
            ).rows | length > 0) %}
            {{ refuse(
                'The stored events were read from ' ~ place ~ ', and not all files of it are among the raw events now ('
                ~ places | join(' | ') ~ ').' ~ again
            ) }}
        {% endfor %}
        {% set rewritten = rewritten_raw_files() | map(attribute='raw_file') | list %}
        {% set relations = tables | selectattr('is_relation') | map(attribute='source_name') | list %}
        {#- A file may be archived once it is loaded; a relation keeps its rows. -#}
        {% set changed_files = run_query(
            'select loaded.source_name, loaded.raw_file from ' ~ loaded_files ~ ' as loaded left join ' ~ raw_files()
            ~ ' as present on loaded.source_name = present.source_name and loaded.raw_file = present.raw_file where '
            ~ has_changed('present', 'loaded')
            ~ " or present.raw_file is null and loaded.source_name in ('" ~ relations | join("', '") ~ "') order by 1, 2"
        ).rows | list + files_changed_unseen(loaded_files) %}
        {% set awaited = tables | selectattr('is_awaited') | map(attribute='source_name') | list %}
        {% for source_name, files in changed_files | rejectattr(1, 'in', rewritten) | groupby(0) if source_name not in awaited %}
            {% set label = raw_source_label(source_name) %}
            {% set names = (files | map(attribute=1) | list)[:3] | join(', ') %}
            {{ refuse(
                (label ~ ' holds fewer rows than were loaded of those that arrived on ' ~ names ~ '. Rows may be added to it, not taken away.'
                    if source_name in relations
                    else label ~ ': ' ~ names ~ ' changed after it was loaded (its size, time or content). New events belong into a new file; so does what was written again, for copies are dropped.'
                    if target.type == 'duckdb'
                    else label ~ ': ' ~ names ~ ' changed after it was loaded. New events belong into a new partition.')
                ~ again
            ) }}
        {% endfor %}
    {% endif %}
{%- endmacro %}
