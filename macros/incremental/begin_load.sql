{% macro begin_load() -%}
    {{ check_selection() if execute and flags.WHICH in ['build', 'run', 'snapshot'] }}
    {%- if execute and flags.WHICH in ['build', 'run'] -%}
        {#- dbt makes the schemas of its models; none lies in those of the masked views. -#}
        {%- set marts = graph.nodes.values() | selectattr('package_name', 'eq', 'identity_graph') | selectattr('access', 'eq', 'public') | list -%}
        {%- for schema in marts | map(attribute='schema') | unique -%}
            {%- do adapter.create_schema(api.Relation.create(database=marts[0].database, schema=schema ~ '_masked')) -%}
        {%- endfor %}
    {{ note_relations() if target.type == 'duckdb' and '.identity_graph.' in selected_resources | join(' ') }} {{ note_optional_tables() }}
    {%- endif -%}
    {{ note_seeds_alone() if execute and flags.WHICH in ['build', 'seed'] and 'model.identity_graph.int_events_received' not in selected_resources }}
    {%- if execute and flags.WHICH in ['build', 'run'] and 'model.identity_graph.int_events_received' in selected_resources -%}
        {{ note_raw_files() if not flags.EMPTY and target.type == 'duckdb' }} {{ check_generic_columns() if not flags.EMPTY }}
        {%- set loads, listed, text = relation_named('event_loads'), relation_named('int_raw_files'), dbt.type_string() -%}
        {#- What a file says is in the database once a run loads it, or has. Of a seed above a megabyte dbt hashes the path only. -#}
        {%- set seed = overrides_seed() -%}
        {%- set is_selected, checksum = seed.unique_id in selected_resources, seed.checksum.checksum -%}
        {%- set before = last_loads()[:1] if not is_selected else [] -%}
        {%- set had_loaded = before and before[0].is_complete and before[0].overrides_fingerprint == checksum -%}
        {%- set is_known = (is_selected or had_loaded) and seed.checksum.name != 'path' %}
    create table if not exists {{ loads }} (
        load_number {{ dbt.type_bigint() }}, started_at {{ dbt.type_timestamp() }}, raw_location {{ text }}, rules_fingerprint {{ text }},
        events_fingerprint {{ text }}, invocation_id {{ text }}, is_complete {{ dbt.type_boolean() }}, overrides_fingerprint {{ text }}
    );
    {#- Databases of earlier versions lack it. #}
    alter table {{ loads }} add column if not exists overrides_fingerprint {{ text }};
        {%- if not flags.EMPTY %}
    insert into {{ loads }}
    select
        coalesce(max(load_number), 0) + 1, {{ run_clock() }}, {{ sql_text(raw_tables() | map(attribute='place') | join(' | ')) }},
        '{{ rules_fingerprint() }}', null, '{{ invocation_id }}', false,
        '{{ checksum if is_known else invocation_id }}'
    from {{ loads }};
        {%- endif %}
        {#- Emptied rows that are no longer in their raw files are forgotten. #}
        {%- for file in (changed_raw_files(loaded_raw_files()) if not flags.EMPTY else []) if file.is_rewritten %}
            {%- set is_file = 'source_name = ' ~ sql_text(file.source_name) ~ ' and raw_file = ' ~ sql_text(file.raw_file) %}
    delete from {{ relation_named('int_events_received') }} where {{ is_file }} and rejection_reason = 'erased';
    update {{ listed }} set row_count = {{ file.row_count }}, size_bytes = present.size_bytes, modified_at = present.modified_at
    from (select size_bytes, modified_at from {{ raw_files() }} as files where {{ is_file }}) as present where {{ is_file }};
            {%- if target.type == 'duckdb' %}
    update {{ relation_named('noted_raw_files') }} set row_count = {{ file.row_count }} where {{ is_file }};
            {%- endif %}
        {%- endfor %}
    {%- endif -%}
{%- endmacro %}

{% macro overrides_seed() -%}
    {#- By reference, because a project may replace the seed by its own. -#}
    {% for name in graph.nodes['model.identity_graph.int_identity_keys'].depends_on.nodes if name.endswith('.identity_overrides') %}
        {{ return(graph.nodes[name]) }}
    {% endfor %}
{%- endmacro %}
