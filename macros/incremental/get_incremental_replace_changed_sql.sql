{% macro get_incremental_replace_changed_sql(arguments) -%}
    {#- delete+insert deletes only keys that come back; here rows go that the changed entities no longer have, too. -#}
    {%- set target = arguments.target_relation -%}
    {%- set keys = [arguments.unique_key] if arguments.unique_key is string else arguments.unique_key -%}
    {%- set columns = get_quoted_csv(arguments.dest_columns | map(attribute='name')) -%}
    {%- set changed = config.get('meta').changed_entities -%}
    delete from {{ target }} as stored
    using {{ ref(changed['model']).render() }} as changed
    where
        {%- for key in keys %}
        stored.{{ key }} = changed.{{ (changed['columns'] or keys)[loop.index0] }} {{ "and" if not loop.last }}
        {%- endfor %};
    insert into {{ target }} ({{ columns }})
    select {{ columns }} from {{ arguments.temp_relation }}
{%- endmacro %}
