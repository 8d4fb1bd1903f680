{% macro duckdb__get_partitioned_by(relation, temporary) -%}
    {#- Replaces dbt-duckdb's own, which warns: the partitions of this project are BigQuery's. -#}
    {{ return(none) }}
{%- endmacro %}
