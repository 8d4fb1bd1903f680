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

    select
        replay_order,
        link_position,
        id_rank_a as id_rank,
        id_rank_b as linked_rank
    from {{ ref('int_identity_replay_links') }}
    union all
    select
        replay_order,
        link_position,
        id_rank_b as id_rank,
        id_rank_a as linked_rank
    from {{ ref('int_identity_replay_links') }}

),

pointers as (

    select
        previous.*,
        parents.parent_rank as grandparent_rank,
        parents.last_position as parent_last_position
    from previous
    inner join previous as parents
        on
            previous.replay_order = parents.replay_order
            and previous.parent_rank = parents.id_rank

),

members as (

    -- Of the clusters whose members have all found the root, which is the anchor.
    select
        replay_order,
        id_rank,
        parent_rank as anchor_rank
    from pointers
    qualify max(case when parent_rank != grandparent_rank then 1 else 0 end) over (partition by replay_order, grandparent_rank) = 0

),

first_links as (

    select
        members.replay_order,
        members.anchor_rank,
        links.linked_rank,
        links.link_position,
        -- Null while the other cluster is moving.
        other_members.anchor_rank as other_anchor_rank
    from members
    inner join links
        on
            members.replay_order = links.replay_order
            and members.id_rank = links.id_rank
    left join members as other_members
        on
            links.replay_order = other_members.replay_order
            and links.linked_rank = other_members.id_rank
    where other_members.anchor_rank is null or other_members.anchor_rank != members.anchor_rank
    qualify row_number() over (partition by members.replay_order, members.anchor_rank order by links.link_position) = 1

),

final as (

    select
        pointers.replay_order,
        pointers.id_rank,
        coalesce(renames.other_anchor_rank, pointers.grandparent_rank) as parent_rank,
        coalesce(renames.link_position, greatest(pointers.last_position, pointers.parent_last_position)) as last_position,
        coalesce(renames.other_anchor_rank, pointers.joined_rank) as joined_rank,
        coalesce(renames.link_position, pointers.joined_position) as joined_position,
        coalesce(renames.linked_rank, pointers.linked_rank) as linked_rank,
        coalesce(renames.other_anchor_rank, pointers.grandparent_rank) != pointers.parent_rank as is_changed
    from pointers
    left join first_links as renames
        on
            pointers.replay_order = renames.replay_order
            and pointers.id_rank = renames.anchor_rank
            and renames.other_anchor_rank < renames.anchor_rank

)

select * from final
