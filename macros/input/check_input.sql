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
