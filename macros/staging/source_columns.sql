{% macro source_columns(relation) -%}
    {{ return(column_types(relation).keys() | list if execute and has_raw_table(relation) else []) }}
{%- endmacro %}
