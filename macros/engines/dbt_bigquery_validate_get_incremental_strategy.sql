{% macro dbt_bigquery_validate_get_incremental_strategy(config) -%}
    {#- Replaces dbt-bigquery's own, which refuses the strategies of this project. -#}
    {%- set strategy = config.get('incremental_strategy') -%}
    {%- if strategy not in ['append', 'delete+insert', 'replace_changed'] -%}
        {{ exceptions.raise_compiler_error('incremental_strategy ' ~ strategy ~ ' is none of append, delete+insert and replace_changed') }}
    {%- endif -%}
    {{ return(strategy) }}
{%- endmacro %}
