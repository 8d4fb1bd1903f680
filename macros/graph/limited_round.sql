{% macro limited_round(previous, links, limited_values) -%}
    {#-
        Strongest link first gives the same clusters when links are decided out of order where nothing before them can matter:
        a link that breaks a limit now always will, because values are never lost; the first link of both its clusters is next
        in any order; and a cluster's first link to one that already holds all its values changes nothing for the links before.
    -#}
    with pointers as (

        select
            previous.node_number,
            previous.parent_number,
            parents.parent_number as grandparent_number
        from {{ previous }} as previous
        inner join {{ previous }} as parents on previous.parent_number = parents.node_number

    ),

    moving_roots as (

        select distinct grandparent_number as node_number
        from pointers
        where grandparent_number != parent_number

    ),

    members as (

        -- Of the clusters whose members have all found the root.
        select
            pointers.node_number,
            pointers.parent_number as cluster_number
        from pointers
        left join moving_roots on pointers.parent_number = moving_roots.node_number
        where
            pointers.parent_number = pointers.grandparent_number
            and moving_roots.node_number is null

    ),

    nodes_over_limit as (

        select node_number
        from {{ limited_values }}
        group by node_number, key_type
        having count(*) > min(max_values_per_profile)

    ),

    open_pairs as (

        -- Null while the cluster is moving.
        select
            members_a.cluster_number as cluster_number_a,
            members_b.cluster_number as cluster_number_b,
            min(links.link_position) as link_position
        from {{ links }} as links
        left join members as members_a on links.node_number_a = members_a.node_number
        left join members as members_b on links.node_number_b = members_b.node_number
        where
            members_a.cluster_number is distinct from members_b.cluster_number
            and links.node_number_a not in (select nodes_over_limit.node_number from nodes_over_limit)
            and links.node_number_b not in (select nodes_over_limit.node_number from nodes_over_limit)
        group by members_a.cluster_number, members_b.cluster_number

    ),

    cluster_values as (

        select distinct
            members.cluster_number,
            held.key_type,
            held.key_number,
            held.max_values_per_profile
        from {{ limited_values }} as held
        inner join members on held.node_number = members.node_number

    ),

    value_counts as (

        select
            cluster_number,
            key_type,
            count(*) as value_count
        from cluster_values
        group by cluster_number, key_type

    ),

    refused_pairs as (

        -- What one holds and the other does not, beside what that one holds, is too much.
        select
            open_pairs.cluster_number_a,
            open_pairs.cluster_number_b
        from open_pairs
        inner join cluster_values as values_b on open_pairs.cluster_number_b = values_b.cluster_number
        inner join value_counts as counts_a
            on open_pairs.cluster_number_a = counts_a.cluster_number and values_b.key_type = counts_a.key_type
        left join cluster_values as values_a
            on
                open_pairs.cluster_number_a = values_a.cluster_number
                and values_b.key_type = values_a.key_type
                and values_b.key_number = values_a.key_number
        where values_a.cluster_number is null
        group by open_pairs.cluster_number_a, open_pairs.cluster_number_b, values_b.key_type
        having min(counts_a.value_count) + count(*) > min(values_b.max_values_per_profile)

    ),

    possible_pairs as (

        select open_pairs.*
        from open_pairs
        left join refused_pairs
            on
                open_pairs.cluster_number_a = refused_pairs.cluster_number_a
                and open_pairs.cluster_number_b = refused_pairs.cluster_number_b
        where refused_pairs.cluster_number_a is null

    ),

    open_links as (

        select cluster_number_a as cluster_number, cluster_number_b as other_cluster_number, link_position from possible_pairs
        union all
        select cluster_number_b as cluster_number, cluster_number_a as other_cluster_number, link_position from possible_pairs

    ),

    first_links as (

        select * from open_links
        where cluster_number is not null
        qualify row_number() over (partition by cluster_number order by link_position) = 1

    ),

    clusters_that_add as (

        select distinct first_links.cluster_number
        from first_links
        inner join cluster_values on first_links.cluster_number = cluster_values.cluster_number
        left join cluster_values as known_values
            on
                first_links.other_cluster_number = known_values.cluster_number
                and cluster_values.key_type = known_values.key_type
                and cluster_values.key_number = known_values.key_number
        where known_values.cluster_number is null

    ),

    joined_clusters as (

        select
            first_links.cluster_number,
            first_links.other_cluster_number
        from first_links
        left join first_links as returned_links
            on
                first_links.other_cluster_number = returned_links.cluster_number
                and first_links.cluster_number = returned_links.other_cluster_number
        left join clusters_that_add on first_links.cluster_number = clusters_that_add.cluster_number
        where
            first_links.other_cluster_number is not null
            and (returned_links.cluster_number is not null or clusters_that_add.cluster_number is null)
            -- Of two that chose each other the earlier stays the root.
            and (
                returned_links.cluster_number is null
                or first_links.cluster_number > first_links.other_cluster_number
            )

    ),

    next_pointers as (

        select
            pointers.node_number,
            pointers.parent_number as previous_parent_number,
            coalesce(joined_clusters.other_cluster_number, pointers.grandparent_number) as parent_number
        from pointers
        left join joined_clusters on pointers.node_number = joined_clusters.cluster_number

    )

    select
        node_number,
        parent_number,
        parent_number != previous_parent_number as is_changed
    from next_pointers
{%- endmacro %}
