-- Strongest link first gives the same clusters when links are decided out of order where nothing before them can matter:
-- a link that breaks a limit now always will, because values are never lost; the first link of both its clusters is next
-- in any order; and a cluster's first link to one that already holds all its values changes nothing for the links before.
{{
    config(
        materialized='rounds',
        meta={'max_rounds': 1000},
        pre_hook="
            create or replace table {{ this }} as
            select id_rank_a as id_rank, id_rank_a as parent_rank from {{ ref('int_identity_limited_links') }}
            union distinct
            select id_rank_b as id_rank, id_rank_b as parent_rank from {{ ref('int_identity_limited_links') }}
        "
    )
}}

with previous as (

    select * from {{ this }}

),

links as (

    select * from {{ ref('int_identity_limited_links') }}

),

binding_values as (

    select * from {{ ref('int_identity_binding_values') }}

),

never_links as (

    select * from {{ ref('int_identity_contested_never_links') }}

),

pointers as (

    select
        previous.id_rank,
        previous.parent_rank,
        parents.parent_rank as grandparent_rank
    from previous
    inner join previous as parents on previous.parent_rank = parents.id_rank

),

moving_roots as (

    select distinct grandparent_rank as id_rank
    from pointers
    where grandparent_rank != parent_rank

),

members as (

    -- Of the clusters whose members have all found the root.
    select
        pointers.id_rank,
        pointers.parent_rank as cluster_rank
    from pointers
    left join moving_roots on pointers.parent_rank = moving_roots.id_rank
    where
        pointers.parent_rank = pointers.grandparent_rank
        and moving_roots.id_rank is null

),

links_of_clusters as (

    select
        members.cluster_rank,
        links.id_rank_b as other_id_rank,
        links.link_position
    from links
    inner join members on links.id_rank_a = members.id_rank
    union all
    select
        members.cluster_rank,
        links.id_rank_a as other_id_rank,
        links.link_position
    from links
    inner join members on links.id_rank_b = members.id_rank

),

open_links as (

    select
        links_of_clusters.cluster_rank,
        -- Null while the other cluster is moving.
        other_members.cluster_rank as other_cluster_rank,
        links_of_clusters.link_position
    from links_of_clusters
    left join members as other_members on links_of_clusters.other_id_rank = other_members.id_rank
    where other_members.cluster_rank is null or other_members.cluster_rank != links_of_clusters.cluster_rank

),

cluster_values as (

    select distinct
        members.cluster_rank,
        binding_values.key_type,
        binding_values.key_number,
        binding_values.max_values_per_profile
    from binding_values
    inner join members on binding_values.id_rank = members.id_rank

),

cluster_enemies as (

    select
        members.cluster_rank,
        never_links.id_rank_b as enemy_id_rank
    from never_links
    inner join members on never_links.id_rank_a = members.id_rank
    union distinct
    select
        members.cluster_rank,
        never_links.id_rank_a as enemy_id_rank
    from never_links
    inner join members on never_links.id_rank_b = members.id_rank

),

values_together as (

    select
        open_links.cluster_rank,
        open_links.other_cluster_rank,
        cluster_values.key_type,
        cluster_values.key_number,
        cluster_values.max_values_per_profile
    from open_links
    inner join cluster_values on open_links.cluster_rank = cluster_values.cluster_rank
    where open_links.other_cluster_rank is not null
    union distinct
    select
        open_links.cluster_rank,
        open_links.other_cluster_rank,
        cluster_values.key_type,
        cluster_values.key_number,
        cluster_values.max_values_per_profile
    from open_links
    inner join cluster_values on open_links.other_cluster_rank = cluster_values.cluster_rank

),

refused_pairs as (

    select
        cluster_rank,
        other_cluster_rank
    from values_together
    group by cluster_rank, other_cluster_rank, key_type
    having count(*) > min(max_values_per_profile)
    union distinct
    select
        cluster_enemies.cluster_rank,
        members.cluster_rank as other_cluster_rank
    from cluster_enemies
    inner join members on cluster_enemies.enemy_id_rank = members.id_rank

),

first_links as (

    select open_links.*
    from open_links
    left join refused_pairs
        on
            open_links.cluster_rank = refused_pairs.cluster_rank
            and open_links.other_cluster_rank = refused_pairs.other_cluster_rank
    where refused_pairs.cluster_rank is null
    qualify row_number() over (partition by open_links.cluster_rank order by open_links.link_position) = 1

),

clusters_that_add as (

    select first_links.cluster_rank
    from first_links
    inner join cluster_values on first_links.cluster_rank = cluster_values.cluster_rank
    left join cluster_values as known_values
        on
            first_links.other_cluster_rank = known_values.cluster_rank
            and cluster_values.key_type = known_values.key_type
            and cluster_values.key_number = known_values.key_number
    where known_values.cluster_rank is null
    union distinct
    select first_links.cluster_rank
    from first_links
    inner join cluster_enemies on first_links.cluster_rank = cluster_enemies.cluster_rank
    left join cluster_enemies as known_enemies
        on
            first_links.other_cluster_rank = known_enemies.cluster_rank
            and cluster_enemies.enemy_id_rank = known_enemies.enemy_id_rank
    where known_enemies.cluster_rank is null

),

joined_clusters as (

    select
        first_links.cluster_rank,
        first_links.other_cluster_rank
    from first_links
    left join first_links as returned_links
        on
            first_links.other_cluster_rank = returned_links.cluster_rank
            and first_links.cluster_rank = returned_links.other_cluster_rank
    left join clusters_that_add on first_links.cluster_rank = clusters_that_add.cluster_rank
    where
        first_links.other_cluster_rank is not null
        and (returned_links.cluster_rank is not null or clusters_that_add.cluster_rank is null)
        -- Of two that chose each other the earlier stays the root.
        and (returned_links.cluster_rank is null or first_links.cluster_rank > first_links.other_cluster_rank)

),

next_pointers as (

    select
        pointers.id_rank,
        pointers.parent_rank as previous_parent_rank,
        coalesce(joined_clusters.other_cluster_rank, pointers.grandparent_rank) as parent_rank
    from pointers
    left join joined_clusters on pointers.id_rank = joined_clusters.cluster_rank

),

final as (

    select
        id_rank,
        parent_rank,
        parent_rank != previous_parent_rank as is_changed
    from next_pointers

)

select * from final
