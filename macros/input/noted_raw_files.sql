{% macro noted_raw_files() -%}
    {#- What note_raw_files found in each file before it was read. -#}
    {{ return(event_loads().incorporate(path={'identifier': 'noted_raw_files'})) }}
{%- endmacro %}
