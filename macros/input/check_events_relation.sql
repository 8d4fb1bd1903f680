{% macro check_events_relation() -%}
    {%- if var('generic_events_relation') and 'generic' in var('event_sources') -%}
        {%- set label = raw_source_label('generic') -%}
        {%- set of_project = relation_of_events() -%}
        {%- set arrives_by = var('generic_arrives_by') -%}
        {%- if not of_project -%}
            {{ refuse(label ~ ': ' ~ project_name ~ ' has no such model or source. Name a model of it, or a source as source.table.') }}
        {%- elif not arrives_by -%}
            {{ refuse(
                label ~ ': set the var generic_arrives_by to the column that says when a row arrived (loaded_at, for example);'
                ~ ' new rows are told from old ones by it.'
            ) }}
        {%- elif of_project.is_awaited -%}
            {{ return('') }}
        {%- elif not has_raw_table(of_project.relation) -%}
            {{ refuse(label ~ ': there is no table ' ~ raw_location(of_project.relation) ~ '.') }}
        {%- endif -%}
        {%- set type = source_columns(of_project.relation).get(arrives_by | lower) -%}
        {%- set arrival_types = ['TIMESTAMP', 'TIMESTAMP_S', 'TIMESTAMP_MS', 'TIMESTAMP_NS', 'DATE', 'VARCHAR'] if target.type == 'duckdb'
            else ['TIMESTAMP'] -%}
        {%- if not type -%}
            {{ refuse(label ~ ' lacks the column ' ~ arrives_by ~ ', which the var generic_arrives_by names.') }}
        {%- elif type.split(' ')[0] not in arrival_types -%}
            {{ refuse(
                label ~ ': ' ~ arrives_by ~ ' is of type ' ~ type ~ '; the column that says when a row arrived is '
                ~ arrival_types | join(' or ') ~ '.'
            ) }}
        {#- A partition that is null could not be asked for. -#}
        {%- elif target.type == 'bigquery' and run_query(
            'select 1 from ' ~ of_project.relation ~ ' where ' ~ arrives_by ~ ' is null limit 1'
        ) | length -%}
            {{ refuse(label ~ ' holds rows whose ' ~ arrives_by ~ ' is null.') }}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
