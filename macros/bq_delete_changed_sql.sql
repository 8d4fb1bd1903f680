{% macro bq_delete_changed_sql(target, unique_key, partition_by) -%}
    {%- set keys = [unique_key] if unique_key is string else unique_key -%}
    {%- set changed = config.get('meta').changed_entities -%}
    {%- set changed_keys = changed['columns'] or keys -%}
    delete from {{ target }} as stored
    where
        exists (
            select 1
            from {{ ref(changed['model']).render() }} as changed
            where
                {%- for key in keys %}
                stored.{{ key }} = changed.{{ changed_keys[loop.index0] }} {{ "and" if not loop.last }}
                {%- endfor %}
                {%- if changed['since'] %}
                and (changed.changed_from_at is null or stored.{{ changed['since'] }} >= changed.changed_from_at)
                {%- endif %}
        );
{%- endmacro %}
