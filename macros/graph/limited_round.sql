{% macro limited_round(previous, links, limited_values) -%}
    with pointers as (
        select nodes.node_number, nodes.parent_number, parents.parent_number as cluster_number,
            max(abs(nodes.parent_number - parents.parent_number)) over (partition by parents.parent_number) = 0 as is_settled
        from {{ previous }} as nodes inner join {{ previous }} as parents on nodes.parent_number = parents.node_number
    ), open_links as (  -- Of clusters whose members have all found the root; the other is null while it moves.
        {%- for one, other in [('a', 'b'), ('b', 'a')] %}
        select nodes.cluster_number, case when others.is_settled then others.cluster_number end as other_number, link_position
        from {{ links }} inner join pointers as nodes on node_number_{{ one }} = nodes.node_number and nodes.is_settled
        inner join pointers as others on node_number_{{ other }} = others.node_number and nodes.cluster_number != others.cluster_number
        {{- ' union all' if not loop.last }}{% endfor %}
    ), held_values as (
        select distinct cluster_number, key_type, key_number, max_values_per_profile
        from {{ limited_values }} as held inner join pointers on held.node_number = pointers.node_number
    ), values_together as (
        {%- for side in ['cluster_number', 'other_number'] %}
        select pairs.cluster_number, other_number, key_type, key_number, max_values_per_profile, '{{ side }}' as side
        from (select distinct cluster_number, other_number from open_links) as pairs
        inner join held_values on pairs.{{ side }} = held_values.cluster_number {{ 'union all' if not loop.last }}{% endfor %}
    ), judged_pairs as (
        select distinct cluster_number, other_number,
            max(count(distinct key_number) - min(max_values_per_profile)) over pair > 0 as is_refused,
            max(count(distinct key_number) - count(distinct case side when 'other_number' then key_number end)) over pair > 0 as is_adding
        from values_together group by cluster_number, other_number, key_type window pair as (partition by cluster_number, other_number)
    ), first_links as (
        select open_links.cluster_number, open_links.other_number, coalesce(is_adding, false) as is_adding
        from open_links left join judged_pairs
            on open_links.cluster_number = judged_pairs.cluster_number and open_links.other_number = judged_pairs.other_number
        where not coalesce(is_refused, false)
        qualify row_number() over (partition by open_links.cluster_number order by link_position) = 1
    ), next_pointers as (  -- Of two that chose each other the earlier stays the root.
        select pointers.node_number, pointers.parent_number as previous_number, coalesce(case
            when links.cluster_number > returned.cluster_number or (returned.cluster_number is null and not links.is_adding)
                then links.other_number
        end, pointers.cluster_number) as parent_number
        from pointers left join first_links as links on pointers.node_number = links.cluster_number
        left join first_links as returned on links.other_number = returned.cluster_number and links.cluster_number = returned.other_number
    )
    select node_number, parent_number, parent_number != previous_number as is_changed from next_pointers
{%- endmacro %}
