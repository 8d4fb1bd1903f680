with ids as (

    select * from {{ ref('int_identity_ids') }}

),

counted as (

    -- An id that several users shared counts for the household of each.
    select
        memberships.household_number,
        count(distinct resolved.person_number) as person_count,
        count(distinct ids.visitor_number) as id_count,
        coalesce(min(ids.first_visit_at), min(ids.first_seen_at)) as first_visit_at,
        max(ids.last_seen_at) as last_seen_at
    from ids
    inner join {{ ref('int_identity_resolved') }} as resolved on ids.id_number = resolved.id_number
    inner join {{ ref('int_group_memberships') }} as memberships on resolved.person_number = memberships.person_number
    group by memberships.household_number

),

final as (

    select
        anchors.space_id,
        anchors.node_id as household_id,
        counted.person_count,
        counted.id_count,
        counted.first_visit_at,
        counted.last_seen_at
    from counted
    inner join ids as anchors on counted.household_number = anchors.id_number

)

select * from final
