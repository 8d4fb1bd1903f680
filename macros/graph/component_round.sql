{% macro component_round(previous, links) -%}
    {#- FastSV (Zhang, Azad, Hu 2020): a node and its parent are offered the smallest grandparent of each neighbour. -#}
    with pointers as (

        select nodes.node_number, nodes.parent_number, parents.parent_number as grandparent_number
        from {{ previous }} as nodes
        inner join {{ previous }} as parents on nodes.parent_number = parents.node_number

    ),

    neighbours as (
        {%- for one, other in [('a', 'b'), ('b', 'a')] %}

        select nodes.node_number, nodes.parent_number, others.grandparent_number
        from {{ links }}
        inner join pointers as nodes on node_number_{{ one }} = nodes.node_number
        inner join pointers as others on node_number_{{ other }} = others.node_number
        {{ 'union all' if not loop.last }}
        {%- endfor %}

    ),

    offers as (

        select node_number, grandparent_number as offered_number, parent_number as previous_number from pointers
        union all
        select node_number, grandparent_number as offered_number, null as previous_number from neighbours
        union all
        select parent_number as node_number, grandparent_number as offered_number, null as previous_number from neighbours

    )

    select node_number, min(offered_number) as parent_number, min(offered_number) != min(previous_number) as is_changed
    from offers
    group by node_number
{%- endmacro %}
