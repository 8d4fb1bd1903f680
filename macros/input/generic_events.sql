{% macro generic_events() -%}
    {#- The files or the table of source generic, unless a var names a model or, as source.table, a source of the project. -#}
    {%- set named = (var('generic_events_relation') or '').split('.') -%}
    {%- if named == [''] -%}
        {{ return(raw_reader(source('generic', 'events'), 'generic', 'events')) }}
    {%- elif named | length == 2 -%}
        {{ return(source(named[0], named[1])) }}
    {%- else -%}
        {{ return(ref(project_name, named[0])) }}
    {%- endif -%}
{%- endmacro %}
