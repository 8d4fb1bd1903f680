{% macro loaded_raw_files() -%}
    {#- Files whose rows are stored, listed or not: a run may have broken off between the two. none where the run reads all again. -#}
    {% set received, listed = relation_named('int_events_received'), relation_named('int_raw_files') %}
    {% if flags.FULL_REFRESH or load_relation(received) is none %}
        {{ return(none) }}
    {% elif load_relation(listed) is none %}
        {{ return('(select distinct source_name, raw_file from ' ~ received ~ ')') }}
    {% endif %}
    {{ return(
        '(select source_name, raw_file from ' ~ listed ~ ' union select source_name, raw_file from ' ~ received
        ~ ' where load_number > (select coalesce(max(load_number), 0) from ' ~ listed ~ '))'
    ) }}
{%- endmacro %}
