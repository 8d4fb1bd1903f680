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

    links_of_nodes as (

        select node_number_a as node_number, node_number_b as other_number, link_position from {{ links }}
        union all
        select node_number_b as node_number, node_number_a as other_number, link_position from {{ links }}

    ),

    open_links as (

        select
            members.cluster_number,
            -- Null while the other cluster is moving.
            other_members.cluster_number as other_cluster_number,
            links_of_nodes.link_position
        from links_of_nodes
        inner join members on links_of_nodes.node_number = members.node_number
        left join members as other_members on links_of_nodes.other_number = other_members.node_number
        where other_members.cluster_number is null or other_members.cluster_number != members.cluster_number

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

    values_together as (

        select
            open_links.cluster_number,
            open_links.other_cluster_number,
            cluster_values.key_type,
            cluster_values.key_number,
            cluster_values.max_values_per_profile
        from open_links
        inner join cluster_values on open_links.cluster_number = cluster_values.cluster_number
        where open_links.other_cluster_number is not null
        union distinct
        select
            open_links.cluster_number,
            open_links.other_cluster_number,
            cluster_values.key_type,
            cluster_values.key_number,
            cluster_values.max_values_per_profile
        from open_links
        inner join cluster_values on open_links.other_cluster_number = cluster_values.cluster_number

    ),

    refused_pairs as (

        select
            cluster_number,
            other_cluster_number
        from values_together
        group by cluster_number, other_cluster_number, key_type
        having count(*) > min(max_values_per_profile)

    ),

    first_links as (

        select open_links.*
        from open_links
        left join refused_pairs
            on
                open_links.cluster_number = refused_pairs.cluster_number
                and open_links.other_cluster_number = refused_pairs.other_cluster_number
        where refused_pairs.cluster_number is null
        qualify row_number() over (partition by open_links.cluster_number order by open_links.link_position) = 1

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
