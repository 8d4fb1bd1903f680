{% macro classes_of_columns() -%}
    {% set read = noted_in_this_run('classes_of_columns') %}
    {{ return(read or noted_in_this_run('classes_of_columns', dict(stored_rows(ref('column_classes'), 'column_name, classification')))) }}
{%- endmacro %}
