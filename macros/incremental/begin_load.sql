{% macro begin_load() -%}
    {%- if execute and flags.WHICH in ['build', 'run'] -%}
        {{ check_selection() }}
        {#- dbt makes the schemas of its models; none lies in those of the masked views. -#}
        {%- set marts = graph.nodes.values() | selectattr('package_name', 'eq', 'identity_graph') | selectattr('access', 'eq', 'public') | list -%}
        {%- for schema in marts | map(attribute='schema') | unique -%}
            {%- do adapter.create_schema(api.Relation.create(database=marts[0].database, schema=schema ~ '_masked')) -%}
        {%- endfor -%}
    {%- endif -%}
    {%- if execute and flags.WHICH in ['build', 'run'] and 'model.identity_graph.int_events_received' in selected_resources -%}
        {%- if not flags.EMPTY and target.type == 'duckdb' -%}
            {{ note_raw_files() }}
        {%- endif %}
    create table if not exists {{ relation_named('event_loads') }} (
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
    alter table {{ relation_named('event_loads') }} add column if not exists overrides_fingerprint {{ dbt.type_string() }};
    {%- if not flags.EMPTY %}
    insert into {{ relation_named('event_loads') }}
    select
        coalesce(max(load_number), 0) + 1,
        {{ run_clock() }},
        {{ sql_text(raw_tables() | map(attribute='place') | join(' | ')) }},
        '{{ rules_fingerprint() }}',
        null,
        '{{ invocation_id }}',
        false,
        '{{ overrides_fingerprint() }}'
    from {{ relation_named('event_loads') }};
    {{ accept_rewritten_files() }}
    {%- endif %}
    {%- endif -%}
{%- endmacro %}
