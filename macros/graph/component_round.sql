{% macro component_round(previous, links) -%}
    {#- FastSV (Zhang, Azad, Hu 2020): a node and its parent are offered the smallest grandparent of each neighbour. -#}
    with pointers as (

        select
            previous.node_number,
            previous.parent_number,
            parents.parent_number as grandparent_number
        from {{ previous }} as previous
        inner join {{ previous }} as parents on previous.parent_number = parents.node_number

    ),

    links as (

        select node_number_a as node_number, node_number_b as neighbour_number from {{ links }}
        union all
        select node_number_b as node_number, node_number_a as neighbour_number from {{ links }}

    ),

    neighbour_offers as (

        select
            nodes.node_number,
            nodes.parent_number,
            min(neighbours.grandparent_number) as offered_number
        from links
        inner join pointers as nodes on links.node_number = nodes.node_number
        inner join pointers as neighbours on links.neighbour_number = neighbours.node_number
        group by nodes.node_number, nodes.parent_number

    ),

    offers as (

        select node_number, grandparent_number as offered_number from pointers
        union all
        select node_number, offered_number from neighbour_offers
        union all
        select parent_number as node_number, offered_number from neighbour_offers

    ),

    best_offers as (

        select
            node_number,
            min(offered_number) as parent_number
        from offers
        group by node_number

    )

    select
        best_offers.node_number,
        best_offers.parent_number,
        best_offers.parent_number != pointers.parent_number as is_changed
    from best_offers
    inner join pointers on best_offers.node_number = pointers.node_number
{%- endmacro %}
