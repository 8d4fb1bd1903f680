{% macro grown_raw_files() -%}
    {% set listed = previous_run('int_raw_files') %}
    {% set grown = stored_rows(
        listed, "concat(chr(39), present.source_name, ':', present.raw_file, chr(39)), listed.first_load_number", 'as listed inner join ' ~ raw_files()
        ~ ' as present on present.source_name = listed.source_name and present.raw_file = listed.raw_file'
        ~ ' where present.may_grow and present.total_rows > listed.row_count order by 1'
    ) if raw_tables() | selectattr('may_grow') | list else [] %}
    {{ return({'files': grown | map(attribute=0) | list, 'first_load_number': grown | map(attribute=1) | min} if grown else none) }}
{%- endmacro %}
