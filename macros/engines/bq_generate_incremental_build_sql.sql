{% macro bq_generate_incremental_build_sql(
    strategy, tmp_relation, target_relation, sql, unique_key, partition_by, partitions, dest_columns, tmp_relation_exists, copy_partitions,
    incremental_predicates
) -%}
    {#- Replaces dbt-bigquery's own, which knows merge, insert_overwrite and microbatch: the strategies of this project on both engines. -#}
    {%- if not tmp_relation_exists -%}
        {{ exceptions.raise_compiler_error('On BigQuery incremental models need on_schema_change, so that the new rows are a table first.') }}
    {%- endif -%}
    {%- set columns = get_quoted_csv(dest_columns | map(attribute='name')) -%}
    {%- set keys = [unique_key] if unique_key is string else unique_key -%}
    {%- set changed = config.get('meta').changed_entities if strategy == 'replace_changed' else {} -%}
    {%- set replaced = ref(changed['model']).render() if changed else tmp_relation -%}
    {%- set replaced_keys = changed['columns'] or keys -%}
    begin transaction;
    {%- if strategy != 'append' %}
    delete from {{ target_relation }} as stored
    where exists (
        select 1 from {{ replaced }} as replaced
        where {% for key in keys %}stored.{{ key }} = replaced.{{ replaced_keys[loop.index0] }}{{ " and " if not loop.last }}{% endfor %}
    )
        {%- for predicate in (incremental_predicates or [] if not changed else []) %} and {{ predicate }}{% endfor %}
        {#- Only constants keep BigQuery from reading the other partitions. #}
        {%- if partition_by and changed and partition_by.field in keys %}
        {%- set column = replaced_keys[keys.index(partition_by.field)] %}
        {%- set bounds = run_query('select cast(min(' ~ column ~ ') as string), cast(max(' ~ column ~ ') as string) from ' ~ replaced).rows[0] %}
        and {{ "stored.%s between %s '%s' and %s '%s'" | format(partition_by.field, partition_by.data_type, bounds[0], partition_by.data_type, bounds[1]) if bounds[0] else 'false' }}
        {%- elif partition_by and not changed and partition_by.field == 'load_number' %} and {{ is_of_loads('stored.load_number') }}
        {%- endif %};
    {%- endif %}
    insert into {{ target_relation }} ({{ columns }}) select {{ columns }} from {{ tmp_relation }};
    commit transaction;
{%- endmacro %}

{% macro dbt_bigquery_validate_get_incremental_strategy(config) -%}
    {#- Replaces dbt-bigquery's own, which refuses the strategies of this project. -#}
    {%- set strategy = config.get('incremental_strategy') -%}
    {{ return(strategy if strategy in ['append', 'delete+insert', 'replace_changed'] else exceptions.raise_compiler_error(
        'incremental_strategy ' ~ strategy ~ ' is none of append, delete+insert and replace_changed'
    )) }}
{%- endmacro %}
