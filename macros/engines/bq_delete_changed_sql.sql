{% macro bq_delete_changed_sql(target, unique_key, partition_by) -%}
    {%- set keys = [unique_key] if unique_key is string else unique_key -%}
    {%- set changed = config.get('meta').changed_entities -%}
    {%- set changed_keys = changed['columns'] or keys -%}
    {%- set relation = ref(changed['model']).render() -%}
    delete from {{ target }} as stored
    where
        exists (
            select 1
            from {{ relation }} as changed
            where
                {%- for key in keys %}
                stored.{{ key }} = changed.{{ changed_keys[loop.index0] }} {{ "and" if not loop.last }}
                {%- endfor %}
        )
        {%- if partition_by and partition_by.field in keys %}
        {#- Only constants keep BigQuery from reading the other partitions. #}
        {%- set column = changed_keys[keys.index(partition_by.field)] %}
        {%- set bounds = run_query(
            'select cast(min(' ~ column ~ ') as string), cast(max(' ~ column ~ ') as string) from ' ~ relation
        ).rows[0] %}
        and {{ ('stored.' ~ partition_by.field ~ ' between ' ~ partition_by.data_type ~ " '" ~ bounds[0] ~ "' and "
            ~ partition_by.data_type ~ " '" ~ bounds[1] ~ "'") if bounds[0] else 'false' }}
        {%- endif %};
{%- endmacro %}
