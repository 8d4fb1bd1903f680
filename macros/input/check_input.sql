{% macro check_input(left_alone=' Nothing was built; the database is as it was.') -%}
    {%- if execute -%}
        {{ check_vars(left_alone) }}
    {%- endif -%}
    {#- With --empty, or without the model that reads them, no raw events are read, so there is nothing to check. -#}
    {%- if execute and flags.WHICH in ['build', 'run'] and not flags.EMPTY
        and 'model.identity_graph.int_events_received' in selected_resources -%}
        {% for policy, values in event_policies().items() if var(policy) not in values %}
            {{ exceptions.raise_compiler_error(
                'The var ' ~ policy ~ " is '" ~ var(policy) ~ "'; it may be " ~ values | join(' or ') ~ '.' ~ left_alone
            ) }}
        {% endfor %}
        {{ check_project(left_alone) }}
        {{ check_raw_tables(left_alone) }}
        {{ check_stored_events(left_alone) }}
        {{ check_event_seeds(left_alone) }}
        {{ check_token_secret(left_alone) }}
        {{ name_unread_columns() }}
        {{ name_unread_tables() }}
    {%- endif -%}
{%- endmacro %}
