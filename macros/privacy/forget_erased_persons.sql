{% macro forget_erased_persons(finished) -%}
    {#- What no model takes back: the tables in which the run noted what changes, what data tests found (in those tables too), optional tables
        that it left as they were, what was reported. -#}
    {%- set requests, erased_ids, reported = relation_named('int_erasure_requests'), relation_named('int_erased_ids'), relation_named('users_reported') -%}
    {%- set is_new = 'load_number > ' ~ last_complete_load() -%}
    {%- set own_nodes = graph.nodes.values() | selectattr('package_name', 'eq', 'identity_graph') | sort(attribute='name') -%}
    {%- if stored_rows(requests, '1', 'where ' ~ is_new ~ ' union all select 1 from ' ~ erased_ids ~ ' where ' ~ is_new ~ ' union all select 1 from '
        ~ relation_named('int_removed_events') ~ ' limit 1') %}
        {%- for node in own_nodes if node.config.materialized in ['table', 'table_if_changed', 'rounds'] and node.config.meta.get('lasts_for_a_run') %}
    delete from {{ relation_named(node.name) }} where true;
        {%- endfor %}
        {%- for node in own_nodes if node.resource_type == 'test' and node.config.store_failures %}
    drop table if exists {{ api.Relation.create(database=node.database, schema=node.schema, identifier=node.alias) }};
        {%- endfor %}
    {{ forget_erased_recipients(finished) }}
    {{ drop_left_optional_tables(finished) }}
        {#- Of runs by any rules: who came back after an earlier erasure is somebody new. #}
        {%- set complete = stored_rows(relation_named('event_loads'), 'load_number', 'where is_complete order by load_number desc limit 1') %}
        {%- for column in (['anonymous_id', 'universal_id', 'household_id', 'organization_id'] if load_relation(reported) is not none else []) %}
    {{ 'delete from ' ~ reported ~ ' as reported' if loop.first else 'update ' ~ reported ~ ' as reported set ' ~ column ~ " = 'erased'" }}
    where
        {#- Of the same space, and erased by this run. #}
        exists (
            select 1
            from (
                select space_id, id_hash, load_number from {{ erased_ids }}
                union all
                select space_id, identifier_hash as id_hash, load_number from {{ requests }} where identifier_type = 'anonymous_id'
            ) as erased
            where load_number > {{ complete[0][0] if complete else 0 }} and id_hash = {{ erasure_token(regexp_replaced('reported.' ~ column, '~[0-9a-f]{8}$')) }} and coalesce(erased.space_id, reported.space_id) = reported.space_id
        )
        {#- Who came back later is reported from then on. #}
        and ({{ 'reported.dbt_valid_to is not null or ' if loop.first }}not exists (
            {#- A person may bear the name of a part of a shared id. #}
            select 1 from {{ relation_named('users' if loop.first else 'int_identity_ids') }} as users
            where users.space_id = reported.space_id and users.{{ 'anonymous_id' if loop.first else 'node_id' }} = reported.{{ column }}
        ));
        {%- endfor %}
    {%- endif %}
{%- endmacro %}
