{% macro sent_columns(relation) -%}
    {#- A reader of JSON may be told its columns, so ask a sample of the files themselves; there names are told apart by case. -#}
    {{ return(source_columns(relation) if 'read_json' not in relation | string else run_query(
        'select column_name from (describe select * from read_json_auto(' ~ sql_text(raw_location(relation))
        ~ ", format = 'newline_delimited', ignore_errors = true))"
    ).columns[0].values() | list) }}
{%- endmacro %}
