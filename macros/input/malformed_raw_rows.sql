{% macro malformed_raw_rows() -%}
    {#- Lines of noted_raw_files that are no rows. -#}
    {{ return(event_loads().incorporate(path={'identifier': 'malformed_raw_rows'})) }}
{%- endmacro %}
