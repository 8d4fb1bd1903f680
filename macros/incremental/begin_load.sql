{% macro begin_load() -%}
    {%- if execute and flags.WHICH in ['build', 'run'] -%}
        {{ check_selection() }}
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
    {#- Emptied rows that are no longer in their raw files are forgotten. #}
    {%- for file in rewritten_raw_files() %}
    {%- set is_file = 'source_name = ' ~ sql_text(file.source_name) ~ ' and raw_file = ' ~ sql_text(file.raw_file) %}
    delete from {{ relation_named('int_events_received') }} where {{ is_file }} and rejection_reason = 'erased';
    update {{ previous_run('int_raw_files') }} as listed
    set row_count = {{ file.row_count }}, size_bytes = present.size_bytes, modified_at = present.modified_at
    from {{ raw_files() }} as present
    where
        listed.{{ is_file | replace(' and raw_file', ' and listed.raw_file') }}
        and present.source_name = listed.source_name and present.raw_file = listed.raw_file;
    {%- if load_relation(relation_named('noted_raw_files')) is not none %}
    update {{ relation_named('noted_raw_files') }} as noted
    set row_count = {{ file.row_count }}, size_bytes = listed.size_bytes, modified_at = listed.modified_at
    from {{ previous_run('int_raw_files') }} as listed
    where
        listed.{{ is_file | replace(' and raw_file', ' and listed.raw_file') }}
        and noted.source_name = listed.source_name and noted.raw_file = listed.raw_file;
    {%- endif %}
    {%- endfor %}
    {%- endif %}
    {%- endif -%}
    {%- if execute and flags.WHICH in ['build', 'run'] -%}
        {#- dbt makes the schemas of its models; none lies in those of the masked views. -#}
        {%- set marts = graph.nodes.values() | selectattr('package_name', 'eq', 'identity_graph') | selectattr('access', 'eq', 'public') | list -%}
        {%- for schema in marts | map(attribute='schema') | unique -%}
            {%- do adapter.create_schema(api.Relation.create(database=marts[0].database, schema=schema ~ '_masked')) -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}
