{% macro may_hold_rows(relation, condition='true') -%}
    {#- Asked when the SQL is written, because a warehouse would read all events to find out that there are none. -#}
    {{ return(
        not execute or load_relation(relation) is none or stored_rows(relation, '1', 'where ' ~ condition ~ ' limit 1') | length > 0
    ) }}
{%- endmacro %}
