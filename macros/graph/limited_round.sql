{% macro limited_round(previous, links, limited_values) -%}
    with pointers as (
        select nodes.node_number, nodes.parent_number, nodes.is_open, parents.parent_number as cluster_number,
            max(abs(nodes.parent_number - parents.parent_number)) over (partition by parents.parent_number) = 0 as is_settled
        from {{ previous }} as nodes inner join {{ previous }} as parents on nodes.parent_number = parents.node_number
    ), ends as (  -- The cluster is null while it moves. Who alone is over a limit joins nobody, nor does who is no longer open.
        select node_number, cluster_number, case when is_settled then cluster_number end as settled_number from pointers
        where is_open and node_number not in (select node_number from {{ limited_values }} group by node_number, key_type
            having count(*) > min(max_values_per_profile))
    ), pairs as (  -- That clusters differ is no condition of the join, or all ends might be joined with each other first.
        select ends_a.settled_number as a, ends_b.settled_number as b,
            min(case when ends_a.cluster_number != ends_b.cluster_number then links.link_position end) as link_position
        from {{ links }} as links inner join ends as ends_a on links.node_number_a = ends_a.node_number
        inner join ends as ends_b on node_number_b = ends_b.node_number group by a, b
    ), held as (
        select cluster_number, key_type, key_number, min(max_values_per_profile) as max_values
        from {{ limited_values }} inner join pointers using (node_number) where is_open group by cluster_number, key_type, key_number
    ), refused as (  -- What both hold together is too much.
        select a, b from ({% for end in ['a', 'b'] %}
            {{ 'union all' if not loop.first }} select a, b, key_type, key_number, max_values from pairs inner join held on {{ end }} = cluster_number
        {% endfor %}) as of_both group by a, b, key_type having count(distinct key_number) > min(max_values)
    ), first_links as (
        select * from ({% for one, other in [('a', 'b'), ('b', 'a')] %}
            {{ 'union all' if not loop.first }} select {{ one }} as cluster_number, {{ other }} as other_number, link_position
            from pairs left join refused using (a, b) where link_position is not null and {{ one }} is not null and refused.a is null{% endfor %}
        ) as open_links qualify row_number() over (partition by cluster_number order by link_position) = 1
    ), adding as (
        select first_links.cluster_number from first_links inner join held using (cluster_number)
        left join held as known on other_number = known.cluster_number and held.key_type = known.key_type and held.key_number = known.key_number
        where known.key_number is null
    ), chosen as (  -- Of two that chose each other the earlier stays the root.
        select links.cluster_number, links.other_number from first_links as links
        left join first_links as returned on links.other_number = returned.cluster_number and links.cluster_number = returned.other_number
        where coalesce(links.cluster_number > returned.cluster_number, links.cluster_number not in (select cluster_number from adding))
    )
    select pointers.node_number, coalesce(chosen.other_number, pointers.cluster_number) as parent_number,
        coalesce(chosen.other_number, pointers.cluster_number) != pointers.parent_number as is_changed,
        not pointers.is_settled or first_links.cluster_number is not null as is_open
    from pointers left join first_links using (cluster_number) left join chosen on pointers.node_number = chosen.cluster_number
{%- endmacro %}
