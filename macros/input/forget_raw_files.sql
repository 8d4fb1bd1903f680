{% macro forget_raw_files() -%}
    {#- Files that this run does not read are new to the next one. -#}
    {%- if execute and not is_incremental() and load_relation(relation_named('int_raw_files')) is not none -%}
    delete from {{ relation_named('int_raw_files') }} where true
    {%- endif -%}
{%- endmacro %}
