{% macro stored_rows(relation, columns='1', rest='') -%}
    {{ return(
        run_query('select ' ~ columns ~ ' from ' ~ relation ~ ' ' ~ rest).rows | list if execute and load_relation(relation) is not none else []
    ) }}
{%- endmacro %}
