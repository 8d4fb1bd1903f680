{% macro changed_raw_files(loaded_files) -%}
    {#- Files have a size and a time, tables a number of rows; that a vendor closes a day with fewer takes nothing back. A file may be
        archived once it is loaded; a relation keeps its rows. -#}
    {% set found, relations = [], raw_tables() | selectattr('is_relation') | map(attribute='source_name') | list %}
    {% for source_name, raw_file, row_count_before, rows_now in (run_query(
        'select loaded.source_name, loaded.raw_file, loaded.row_count, present.total_rows from ' ~ loaded_files
        ~ ' as loaded left join ' ~ raw_files() ~ ' as present on loaded.source_name = present.source_name and loaded.raw_file = present.raw_file'
        ~ ' where present.size_bytes != loaded.size_bytes or present.modified_at != loaded.modified_at'
        ~ ' or present.total_rows < loaded.row_count and not present.may_shrink or present.total_rows > loaded.row_count and not present.may_grow'
        ~ ' or present.raw_file is null and loaded.source_name in ' ~ "('" ~ relations | join("', '") ~ "') order by 1, 2"
    ).rows if loaded_files else []) %}
        {#- Of a file nobody knows the number of rows but the file itself, and, of lines that are no rows, who looked into it. -#}
        {% set is_file, counts = 'where raw_file = ' ~ sql_text(raw_file), [] if rows_now is none else [rows_now] %}
        {% set emptied = stored_rows(relation_named('int_events_received'), 'count(*)', is_file ~ ' and source_name = ' ~ sql_text(source_name)
            ~ " and rejection_reason = 'erased'")[0][0] %}
        {% for table in raw_tables() if rows_now is none and emptied > 0 and table.source_name == source_name %}
            {% set reader = raw_reader(table.relation, table.source_name, table.name) %}
            {% do counts.append(run_query('select count(*) from ' ~ reader ~ ' ' ~ is_file).rows[0][0]) %}
        {% endfor %}
        {% do counts.extend(stored_rows(relation_named('malformed_raw_rows'), 'count(*)', is_file ~ ' and source_name = ' ~ sql_text(source_name))
            | map(attribute=0)) if rows_now is none %}
        {% set row_count = counts | map('int') | sum %}
        {% do found.append({'source_name': source_name, 'raw_file': raw_file, 'row_count': row_count, 'is_rewritten': emptied > 0 and row_count == row_count_before - emptied}) %}
    {% endfor %}
    {{ return(found) }}
{%- endmacro %}

{% macro loaded_raw_files() -%}
    {#- Of a run that broke off before it listed its files only its notes tell. -#}
    {% set received, listed, noted = relation_named('int_events_received'), relation_named('int_raw_files'), relation_named('noted_raw_files') %}
    {% set columns, is_listed = 'select source_name, raw_file, size_bytes, modified_at, row_count from ', 'source_name' in source_columns(listed) %}
    {% set of_notes = columns ~ noted ~ ' where (source_name, raw_file) in (select source_name, raw_file from ' ~ received
        ~ (' where load_number > (select coalesce(max(load_number), 0) from ' ~ listed ~ ')) and (source_name, raw_file) not in'
            ~ ' (select source_name, raw_file from ' ~ listed if is_listed else '') ~ ')' %}
    {% set selects = ([columns ~ listed] if is_listed else []) + ([of_notes] if load_relation(noted) is not none else []) %}
    {{ return('(' ~ selects | join(' union all ') ~ ')' if selects and load_relation(received) is not none and not flags.FULL_REFRESH else none) }}
{%- endmacro %}

{% macro grown_raw_files() -%}
    {% set listed = previous_run('int_raw_files') %}
    {% set grown = stored_rows(
        listed, "concat(chr(39), present.source_name, ':', present.raw_file, chr(39)), listed.first_load_number", 'as listed inner join ' ~ raw_files()
        ~ ' as present on present.source_name = listed.source_name and present.raw_file = listed.raw_file'
        ~ ' where present.may_grow and present.total_rows > listed.row_count order by 1'
    ) if raw_tables() | selectattr('may_grow') | list else [] %}
    {{ return({'files': grown | map(attribute=0) | list, 'first_load_number': grown | map(attribute=1) | min} if grown else none) }}
{%- endmacro %}
