{% macro begin_load() -%}
    {%- set makes_models = flags.WHICH in ['build', 'run'] -%}
    {%- set takes_events = makes_models and 'model.identity_graph.int_events_received' in selected_resources -%}
    {%- if execute -%}
        {%- set chosen = graph.nodes.values() | selectattr('package_name', 'eq', 'identity_graph') | selectattr('unique_id', 'in', selected_resources) | list %}
    {{ check_selection(chosen) if makes_models or flags.WHICH == 'snapshot' }}
    {{ create_masked_schemas() if makes_models }}
    {{ note_relations() if makes_models and target.type == 'duckdb' and '.identity_graph.' in selected_resources | join(' ') }}
    {{ note_optional_tables() if makes_models }}
    {{ note_rules_alone(chosen) if flags.WHICH in ['build', 'run', 'seed'] and not takes_events }}
    {{ note_raw_files() if takes_events and not flags.EMPTY and target.type == 'duckdb' }}
    {{ check_generic_columns() if takes_events and not flags.EMPTY }}
    {{ note_load() if takes_events }}
    {{ forget_rewritten_rows() if takes_events and not flags.EMPTY }}
    {%- endif -%}
{%- endmacro %}

{% macro create_masked_schemas() -%}
    {#- dbt makes the schemas of its models; none lies in those of the masked views. -#}
    {%- set marts = graph.nodes.values() | selectattr('package_name', 'eq', 'identity_graph') | selectattr('access', 'eq', 'public') | list -%}
    {%- for schema in marts | map(attribute='schema') | unique -%}
        {%- do adapter.create_schema(api.Relation.create(database=marts[0].database, schema=schema ~ '_masked')) -%}
    {%- endfor -%}
{%- endmacro %}

{% macro note_relations() -%}
    {#- Commands know each table by its name in this project. Where another project names the schemas, or replaces a seed, this says where it lies. -#}
    {%- set nodes = graph.nodes.values() | selectattr('package_name', 'eq', 'identity_graph') | selectattr('resource_type', 'in', ['model', 'seed', 'snapshot']) | list -%}
    {%- for name in nodes | map(attribute='depends_on.nodes', default=[]) | sum(start=[]) | unique if name.startswith('seed.') -%}
        {%- do nodes.append(graph.nodes[name]) -%}
    {%- endfor -%}
    create or replace view {{ relation_named('build_relations') }} as
    select *, {{ sql_text(target.schema) }} as target_schema from (values
    {%- for node in nodes | unique(attribute='unique_id') | sort(attribute='unique_id') %}
        {%- set layer = node.resource_type ~ 's' if node.resource_type != 'model' else 'marts' if node.fqn[1] in ['marts', 'metrics']
            else 'staging' if node.fqn[1] == 'staging' else 'intermediate' %}
        ({{ sql_text(layer) }}, {{ sql_text(node.name) }}, {{ sql_text(node.schema) }}){{ ',' if not loop.last }}
    {%- endfor %}
    ) as noted (layer, table_name, schema_name);
{%- endmacro %}

{% macro note_load() -%}
    {%- set loads, text = relation_named('event_loads'), dbt.type_string() -%}
    create table if not exists {{ loads }} (
        load_number {{ dbt.type_bigint() }}, started_at {{ dbt.type_timestamp() }}, raw_location {{ text }}, rules_fingerprint {{ text }},
        events_fingerprint {{ text }}, invocation_id {{ text }}, is_complete {{ dbt.type_boolean() }}, overrides_fingerprint {{ text }}
    );
    {#- Databases of earlier versions lack it. #}
    alter table {{ loads }} add column if not exists overrides_fingerprint {{ text }};
    {%- if not flags.EMPTY %}
    insert into {{ loads }}
    select
        coalesce(max(load_number), 0) + 1, {{ run_clock() }}, null, '{{ rules_fingerprint() }}', null, '{{ invocation_id }}', false,
        '{{ overrides_fingerprint() }}'
    from {{ loads }};
    {%- endif %}
{%- endmacro %}

{% macro forget_rewritten_rows() -%}
    {#- Emptied rows that are no longer in their raw files are forgotten. -#}
    {%- for file in changed_raw_files(loaded_raw_files()) if file.is_rewritten %}
        {%- set is_file = 'source_name = ' ~ sql_text(file.source_name) ~ ' and raw_file = ' ~ sql_text(file.raw_file) %}
    delete from {{ relation_named('int_events_received') }} where {{ is_file }} and rejection_reason = 'erased';
    update {{ relation_named('int_raw_files') }} set row_count = {{ file.row_count }}, size_bytes = present.size_bytes, modified_at = present.modified_at
    from (select size_bytes, modified_at from {{ raw_files() }} as files where {{ is_file }}) as present where {{ is_file }};
        {%- if target.type == 'duckdb' %}
    update {{ relation_named('noted_raw_files') }} set row_count = {{ file.row_count }} where {{ is_file }};
        {%- endif %}
    {%- endfor %}
{%- endmacro %}

{% macro overrides_fingerprint() -%}
    {#- What the seed's file says is in the database once a run loads it, or has; else the rows of the table tell. Of a seed above a
        megabyte dbt hashes the path only. -#}
    {% set seed, before = overrides_seed(), last_loads()[:1] %}
    {% set had_loaded = before and before[0].is_complete and before[0].overrides_fingerprint == seed.checksum.checksum %}
    {% set stored = api.Relation.create(database=seed.database, schema=seed.schema, identifier=seed.alias) %}
    {% if seed.unique_id in selected_resources or had_loaded %}
        {{ return(seed.checksum.checksum if seed.checksum.name != 'path' else invocation_id) }}
    {% endif %}
    {{ return('rows ' ~ local_md5(stored_rows(stored, '*') | map('list') | map('string') | sort | join)) }}
{%- endmacro %}

{% macro overrides_seed() -%}
    {#- By reference, because a project may replace the seed by its own. -#}
    {% for name in graph.nodes['model.identity_graph.int_identity_keys'].depends_on.nodes if name.endswith('.identity_overrides') %}
        {{ return(graph.nodes[name]) }}
    {% endfor %}
{%- endmacro %}
