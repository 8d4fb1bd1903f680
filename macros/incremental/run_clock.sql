{% macro run_clock() -%}
    {%- set clock = var('as_of') or run_started_at.strftime('%Y-%m-%d %H:%M:%S') -%}
    cast('{{ clock }}' as {{ dbt.type_timestamp() }})
{%- endmacro %}
