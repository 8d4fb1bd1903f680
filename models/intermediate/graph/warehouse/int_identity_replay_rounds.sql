-- When clusters meet, the one whose anchor is older keeps its name. A cluster whose first link leads to an older anchor
-- loses its name by that link, whatever else the older one meets before, so all of these join at once.
{{
    config(
        materialized='rounds',
        meta={'max_rounds': 1000},
        pre_hook="
            create or replace table {{ this }} as
            with ids as (
                select replay_order, id_rank_a as id_rank from {{ ref('int_identity_replay_links') }}
                union distinct
                select replay_order, id_rank_b as id_rank from {{ ref('int_identity_replay_links') }}
            )
            select
                replay_order,
                id_rank,
                id_rank as parent_rank,
                cast(-1 as {{ dbt.type_bigint() }}) as last_position,
                cast(null as {{ dbt.type_bigint() }}) as joined_rank,
                cast(null as {{ dbt.type_bigint() }}) as joined_position,
                cast(null as {{ dbt.type_bigint() }}) as linked_rank
            from ids
        "
    )
}}

with previous as (

    select * from {{ this }}

),

links as (

    select * from {{ ref('int_identity_replay_links') }}

),

pointers as (

    select
        previous.replay_order,
        previous.id_rank,
        previous.parent_rank,
        previous.joined_rank,
        previous.joined_position,
        previous.linked_rank,
        parents.parent_rank as grandparent_rank,
        greatest(previous.last_position, parents.last_position) as last_position
    from previous
    inner join previous as parents
        on
            previous.replay_order = parents.replay_order
            and previous.parent_rank = parents.id_rank

),

moving_roots as (

    select distinct
        replay_order,
        grandparent_rank as id_rank
    from pointers
    where grandparent_rank != parent_rank

),

members as (

    -- Of the clusters whose members have all found the root, which is the anchor.
    select
        pointers.replay_order,
        pointers.id_rank,
        pointers.parent_rank as anchor_rank
    from pointers
    left join moving_roots
        on
            pointers.replay_order = moving_roots.replay_order
            and pointers.parent_rank = moving_roots.id_rank
    where
        pointers.parent_rank = pointers.grandparent_rank
        and moving_roots.id_rank is null

),

links_of_clusters as (

    select
        members.replay_order,
        members.anchor_rank,
        links.id_rank_b as linked_rank,
        links.link_position
    from links
    inner join members
        on
            links.replay_order = members.replay_order
            and links.id_rank_a = members.id_rank
    union all
    select
        members.replay_order,
        members.anchor_rank,
        links.id_rank_a as linked_rank,
        links.link_position
    from links
    inner join members
        on
            links.replay_order = members.replay_order
            and links.id_rank_b = members.id_rank

),

first_links as (

    select
        links_of_clusters.*,
        -- Null while the other cluster is moving.
        other_members.anchor_rank as other_anchor_rank
    from links_of_clusters
    left join members as other_members
        on
            links_of_clusters.replay_order = other_members.replay_order
            and links_of_clusters.linked_rank = other_members.id_rank
    where other_members.anchor_rank is null or other_members.anchor_rank != links_of_clusters.anchor_rank
    qualify
        row_number() over (
            partition by links_of_clusters.replay_order, links_of_clusters.anchor_rank
            order by links_of_clusters.link_position
        ) = 1

),

renames as (

    select * from first_links
    where other_anchor_rank < anchor_rank

),

final as (

    select
        pointers.replay_order,
        pointers.id_rank,
        coalesce(renames.other_anchor_rank, pointers.grandparent_rank) as parent_rank,
        coalesce(renames.link_position, pointers.last_position) as last_position,
        coalesce(renames.other_anchor_rank, pointers.joined_rank) as joined_rank,
        coalesce(renames.link_position, pointers.joined_position) as joined_position,
        coalesce(renames.linked_rank, pointers.linked_rank) as linked_rank,
        coalesce(renames.other_anchor_rank, pointers.grandparent_rank) != pointers.parent_rank as is_changed
    from pointers
    left join renames
        on
            pointers.replay_order = renames.replay_order
            and pointers.id_rank = renames.anchor_rank

)

select * from final
