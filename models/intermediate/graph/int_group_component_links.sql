with links as (

    select * from {{ ref('int_group_links') }}

),

nodes as (

    select * from {{ ref('int_group_component_nodes') }}

),

final as (

    select distinct
        least(nodes_a.node_number, nodes_b.node_number) as node_number_a,
        greatest(nodes_a.node_number, nodes_b.node_number) as node_number_b
    from links
    inner join nodes as nodes_a
        on
            links.resolution_level = nodes_a.resolution_level
            and links.person_number_a = nodes_a.person_number
    inner join nodes as nodes_b
        on
            links.resolution_level = nodes_b.resolution_level
            and links.person_number_b = nodes_b.person_number

)

select * from final
