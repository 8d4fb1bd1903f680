{% set graph_engine = env_var('IDENTITY_GRAPH_ENGINE', '') or ('python' if target.type == 'duckdb' else 'sql') %}
{{ config(materialized='table_if_changed' if graph_engine == 'sql' else 'view') }}

{% if graph_engine != 'sql' %}
    select * from {{ ref('group_components') }}
{% else %}
    with rounds as (

        select * from {{ ref('int_group_component_rounds') }}

    ),

    nodes as (

        select * from {{ ref('int_group_component_nodes') }}

    ),

    final as (

        select
            nodes.resolution_level,
            nodes.person_number,
            anchors.person_number as group_number
        from rounds
        inner join nodes on rounds.node_number = nodes.node_number
        inner join nodes as anchors on rounds.parent_number = anchors.node_number

    )

    select * from final
{% endif %}
