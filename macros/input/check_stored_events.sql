{% macro check_stored_events() -%}
    {% set loaded_files, tables, noted = loaded_raw_files(), raw_tables(), relation_named('noted_raw_files') %}
    {% set again = ' The stored events cannot be continued: ' %}
    {% set places = tables | map(attribute='place') | list %}
    {% set before = stored_rows(relation_named('event_loads'), 'raw_location', 'where events_fingerprint is not null order by load_number desc limit 1') if loaded_files else [] %}
    {#- Of a run that took no event, and broke off, nothing is stored. Partitions of any table have the same names, and so have days. -#}
    {% set relations = tables | selectattr('is_relation') | map(attribute='source_name') | list %}
    {% for place in (before[0][0].split(' | ') if before and before[0][0] else []) if place not in places
        and (target.type != 'duckdb' or place.split(': ')[0] in relations or run_query(
            'select 1 from ' ~ loaded_files ~ ' as loaded where source_name = ' ~ sql_text(place.split(': ')[0])
            ~ ' and (source_name, raw_file) not in (select source_name, raw_file from ' ~ raw_files() ~ ') limit 1'
        ).rows | length > 0) %}
        {{ refuse('The stored events were read from ' ~ place ~ ', and not all of it is among the raw events now (' ~ places | join(' | ') ~ ').'
            ~ again ~ run_full_refresh()) }}
    {% endfor %}
    {#- Files whose time tells nothing, by their content. Once that was seen to be the same, the time tells what comes after. -#}
    {% set fresh = stored_rows(
        noted, 'raw_file', 'where content_hash is not null and raw_file in (select raw_file from ' ~ raw_files() ~ ') and raw_file in (select raw_file from '
        ~ loaded_files ~ ')'
    ) if before and stored_rows(noted, '1', 'where content_hash is not null limit 1') else [] %}
    {% set edited = run_query('select source_name, raw_file from ' ~ noted ~ ' inner join read_blob(' ~ sql_text(fresh | map(attribute=0))
        ~ ') on raw_file = filename where content_hash != md5(content) order by 1, 2').rows | list if fresh else [] %}
    {% do run_query('update ' ~ noted ~ ' set content_hash = null where content_hash is not null and not ' ~ may_change_unseen('modified_at'))
        if fresh and not edited %}
    {% set changed = changed_raw_files(loaded_files) if before else [] %}
    {% set rewritten = changed | selectattr('is_rewritten') | map(attribute='raw_file') | list %}
    {% set awaited = tables | selectattr('is_awaited') | map(attribute='source_name') | list %}
    {% for source_name, files in (changed + edited) | rejectattr('raw_file', 'in', rewritten) | groupby('source_name') if source_name not in awaited %}
        {% set names = (files | map(attribute='raw_file') | list)[:3] | join(', ') %}
        {{ refuse(raw_source_label(source_name) ~ (
            ' holds fewer rows than were loaded of those that arrived on ' ~ names ~ '. Rows may be added to it, not taken away.'
            if tables | selectattr('is_relation') | selectattr('source_name', 'eq', source_name) | list
            else ': ' ~ names ~ ' changed after it was loaded' ~ (' (its size, time or content). New events belong into a new file; so does what'
                ~ ' was written again, for copies are dropped.' if target.type == 'duckdb' else '. New events belong into a new partition.')
        ) ~ again ~ run_full_refresh()) }}
    {% endfor %}
    {% set missing = missing_raw_files() if flags.FULL_REFRESH and model.name != 'int_events_received' %}
    {{ exceptions.warn(missing | trim) if missing }}
{%- endmacro %}

{% macro check_clock() -%}
    {#- By the clock of a run before, events were received that by this one have not happened yet. -#}
    {% set is_later = 'where received_at > ' ~ run_clock() ~ " and received_at <= cast('2100-01-01' as " ~ dbt.type_timestamp() ~ ') and not is_buffered limit 1' %}
    {{ refuse('The var as_of is ' ~ var('as_of') ~ ', and events that were received after it were taken before: set it to a later time, or '
        ~ run_full_refresh()) if var('as_of') and not flags.FULL_REFRESH and stored_rows(relation_named('int_events_received'), '1', is_later) }}
{%- endmacro %}

{% macro run_full_refresh() -%}
    {{ return('run dbt build --full-refresh.' ~ missing_raw_files()) }}
{%- endmacro %}

{% macro missing_raw_files() -%}
    {#- A file may be archived once it is loaded, but a full refresh reads only what is there. A list of an earlier version names no source. -#}
    {% set listed = relation_named('int_raw_files') %}
    {% for file_count, file, row_count in (stored_rows(
        listed, 'count(*), min(loaded.raw_file), sum(loaded.row_count)', 'as loaded left join ' ~ raw_files()
        ~ ' as present on loaded.source_name = present.source_name and loaded.raw_file = present.raw_file where present.raw_file is null'
    ) if 'source_name' in source_columns(listed) else []) if file_count %}
        {{ return(' A full refresh does not read the ' ~ row_count | int ~ ' row(s) of ' ~ file ~ (' and ' ~ (file_count - 1) ~ ' more' if file_count > 1)
            ~ ', which were loaded: not among the raw events now.') }}
    {% endfor %}
    {{ return('') }}
{%- endmacro %}
