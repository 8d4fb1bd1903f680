{% macro check_events_relation(left_alone) -%}
    {%- if var('generic_events_relation') and 'generic' in var('event_sources') -%}
        {%- set label = raw_source_label('generic') -%}
        {%- set node = node_of_events() -%}
        {%- if not node -%}
            {{ exceptions.raise_compiler_error(
                label ~ ': ' ~ project_name ~ ' has no such model or source. Name a model of it, or a source as source.table.' ~ left_alone
            ) }}
        {%- endif -%}
        {%- set arrives_by = var('generic_arrives_by') -%}
        {%- if not arrives_by -%}
            {{ exceptions.raise_compiler_error(
                label ~ ': set the var generic_arrives_by to the column that says when a row arrived (loaded_at, for example);'
                ~ ' new rows are told from old ones by it.' ~ left_alone
            ) }}
        {%- endif -%}
        {%- set relation = relation_of_events() -%}
        {%- if is_awaited() -%}
            {{ return('') }}
        {%- elif has_raw_table(relation) -%}
            {%- set types = source_columns(relation) -%}
            {%- if arrives_by | lower not in types -%}
                {{ exceptions.raise_compiler_error(
                    label ~ ' lacks the column ' ~ arrives_by ~ ', which the var generic_arrives_by names.' ~ left_alone
                ) }}
            {%- elif types[arrives_by | lower].split(' ')[0] not in arrival_types() -%}
                {{ exceptions.raise_compiler_error(
                    label ~ ': ' ~ arrives_by ~ ' is of type ' ~ types[arrives_by | lower] ~ '; the column that says when a row arrived is '
                    ~ arrival_types() | join(' or ') ~ '.' ~ left_alone
                ) }}
            {#- A partition that is null could not be asked for. -#}
            {%- elif target.type == 'bigquery' and run_query('select 1 from ' ~ relation ~ ' where ' ~ arrives_by ~ ' is null limit 1') | length -%}
                {{ exceptions.raise_compiler_error(label ~ ' holds rows whose ' ~ arrives_by ~ ' is null.' ~ left_alone) }}
            {%- endif -%}
        {%- else -%}
            {{ exceptions.raise_compiler_error(label ~ ': there is no table ' ~ raw_location(relation) ~ '.' ~ left_alone) }}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{% macro is_awaited() -%}
    {#- A model that this very run makes is looked at by int_events_received, once it is made. -#}
    {{ return(model.name != 'int_events_received' and node_of_events().unique_id in selected_resources) }}
{%- endmacro %}

{% macro arrival_types() -%}
    {{ return(['TIMESTAMP', 'TIMESTAMP_S', 'TIMESTAMP_MS', 'TIMESTAMP_NS', 'DATE', 'VARCHAR'] if target.type == 'duckdb' else ['TIMESTAMP']) }}
{%- endmacro %}
