{% macro check_input() -%}
    {%- if execute -%}
        {{ check_vars() }}
    {%- endif -%}
    {#- With --empty, or without the model that reads them, no raw events are read, so there is nothing to check. -#}
    {%- if execute and flags.WHICH in ['build', 'run'] and not flags.EMPTY
        and 'model.identity_graph.int_events_received' in selected_resources -%}
        {{ check_project() }}
        {{ check_raw_tables() }}
        {{ check_stored_events() }}
        {{ check_events_fingerprint() if model.name != 'int_events_received' }}
        {{ name_unread_columns() }}
        {{ name_unread_tables() }}
    {%- endif -%}
{%- endmacro %}

{% macro refuse(message) -%}
    {{ exceptions.raise_compiler_error(
        message ~ (' No event was taken.' if execute and model.name == 'int_events_received' else ' Nothing was built; the database is as it was.')
    ) }}
{%- endmacro %}

{% macro raw_source_label(source_name) -%}
    {%- if source_name == 'generic' and var('generic_events_relation') -%}
        {{ return('var generic_events_relation (' ~ var('generic_events_relation') ~ ')') }}
    {%- endif -%}
    {{ return('IDENTITY_EVENTS' if source_name == 'generic' and target.type == 'duckdb' else 'Source ' ~ source_name) }}
{%- endmacro %}
