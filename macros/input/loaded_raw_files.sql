{% macro loaded_raw_files() -%}
    {#- Files whose rows are stored, as they were when they were read. Of a run that broke off before it listed them only its notes
        tell. none where the run reads all again. -#}
    {% set received, listed = relation_named('int_events_received'), relation_named('int_raw_files') %}
    {% set noted = relation_named('noted_raw_files') %}
    {% set is_listed = load_relation(listed) is not none %}
    {% set columns = 'select source_name, raw_file, size_bytes, modified_at, row_count from ' %}
    {% set selects = [columns ~ listed] if is_listed else [] %}
    {% if load_relation(noted) is not none %}
        {% do selects.append(
            columns ~ noted ~ ' where (source_name, raw_file) in (select source_name, raw_file from ' ~ received
            ~ (' where load_number > (select coalesce(max(load_number), 0) from ' ~ listed ~ ')) and (source_name, raw_file) not in'
                ~ ' (select source_name, raw_file from ' ~ listed if is_listed else '') ~ ')'
        ) %}
    {% endif %}
    {{ return('(' ~ selects | join(' union all ') ~ ')' if selects and load_relation(received) is not none and not flags.FULL_REFRESH else none) }}
{%- endmacro %}

{% macro grown_raw_files() -%}
    {#- Tables may grow; a file that changed is refused. -#}
    {% set listed = previous_run('int_raw_files') %}
    {% set grown = stored_rows(
        listed, "concat(chr(39), present.source_name, ':', present.raw_file, chr(39)), listed.first_load_number", 'as listed inner join ' ~ raw_files()
        ~ ' as present on present.source_name = listed.source_name and present.raw_file = listed.raw_file'
        ~ ' where present.may_grow and present.total_rows > listed.row_count order by 1'
    ) if raw_tables() | selectattr('may_grow') | list else [] %}
    {{ return({'files': grown | map(attribute=0) | list, 'first_load_number': grown | map(attribute=1) | min} if grown else none) }}
{%- endmacro %}
