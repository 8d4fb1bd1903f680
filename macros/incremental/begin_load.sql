{% macro begin_load() -%}
    {%- if execute and flags.WHICH in ['build', 'run'] -%}
        {{ check_selection() }}
    {%- endif -%}
    {%- if execute and flags.WHICH in ['build', 'run'] and 'model.identity_graph.int_events_received' in selected_resources -%}
        {%- if not flags.EMPTY -%}
            {{ note_raw_files(' Nothing was built; the database is as it was.') }}
        {%- endif %}
    create table if not exists {{ event_loads() }} (
        load_number {{ dbt.type_bigint() }},
        started_at {{ dbt.type_timestamp() }},
        raw_location {{ dbt.type_string() }},
        rules_fingerprint {{ dbt.type_string() }},
        events_fingerprint {{ dbt.type_string() }},
        invocation_id {{ dbt.type_string() }},
        is_complete {{ dbt.type_boolean() }},
        overrides_fingerprint {{ dbt.type_string() }}
    );
    {#- Databases of earlier versions lack it. #}
    alter table {{ event_loads() }} add column if not exists overrides_fingerprint {{ dbt.type_string() }};
    {%- if not flags.EMPTY %}
    insert into {{ event_loads() }}
    select
        coalesce(max(load_number), 0) + 1,
        {{ run_clock() }},
        {{ sql_text(raw_locations() | join(' | ')) }},
        '{{ rules_fingerprint() }}',
        null,
        '{{ invocation_id }}',
        false,
        '{{ overrides_fingerprint() }}'
    from {{ event_loads() }};
    {{ accept_rewritten_files() }}
    {%- endif %}
    {%- endif -%}
{%- endmacro %}
