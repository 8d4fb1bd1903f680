{% macro bq_generate_incremental_build_sql(
    strategy, tmp_relation, target_relation, sql, unique_key, partition_by, partitions, dest_columns, tmp_relation_exists, copy_partitions,
    incremental_predicates
) -%}
    {#- Replaces dbt-bigquery's own, which knows merge, insert_overwrite and microbatch: the strategies of this project on both engines. -#}
    {%- if not tmp_relation_exists -%}
        {{ exceptions.raise_compiler_error('On BigQuery incremental models need on_schema_change, so that the new rows are a table first.') }}
    {%- endif -%}
    {%- set columns = get_quoted_csv(dest_columns | map(attribute='name')) -%}
    {%- set delete -%}
        {%- if strategy == 'replace_changed' -%}
            {{ bq_delete_changed_sql(target_relation, unique_key, partition_by) }}
        {%- elif strategy == 'delete+insert' -%}
            {{ bq_delete_replaced_sql(target_relation, tmp_relation, unique_key, incremental_predicates, partition_by) }}
        {%- endif -%}
    {%- endset -%}
    begin transaction;
    {{ delete }}
    insert into {{ target_relation }} ({{ columns }})
    select {{ columns }} from {{ tmp_relation }};
    commit transaction;
{%- endmacro %}
