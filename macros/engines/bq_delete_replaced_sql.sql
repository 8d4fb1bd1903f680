{% macro bq_delete_replaced_sql(target, new_rows, unique_key, predicates, partition_by) -%}
    {%- set keys = [unique_key] if unique_key is string else unique_key -%}
    delete from {{ target }} as stored
    where
        exists (
            select 1
            from {{ new_rows }} as new_rows
            where
                {%- for key in keys %}
                stored.{{ key }} = new_rows.{{ key }} {{ "and" if not loop.last }}
                {%- endfor %}
        )
        {%- for predicate in predicates or [] %}
        and {{ predicate }}
        {%- endfor %}
        {%- if partition_by and partition_by.field == 'load_number' %}
        and {{ is_load_of_waiting_events('stored.load_number') }}
        {%- endif %};
{%- endmacro %}
