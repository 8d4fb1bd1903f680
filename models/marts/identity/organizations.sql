with ids as (

    -- An id that several users shared counts for the organization of each.
    select
        ids.*,
        resolved.person_number,
        memberships.organization_number
    from {{ ref('int_identity_ids') }} as ids
    inner join {{ ref('int_identity_resolved') }} as resolved on ids.id_number = resolved.id_number
    inner join {{ ref('int_group_memberships') }} as memberships on resolved.person_number = memberships.person_number
    where memberships.organization_number is not null

),

account_counts as (

    select
        ids.organization_number,
        count(distinct observations.key_number) as account_count
    from {{ ref('int_identity_observations') }} as observations
    inner join ids on observations.id_number = ids.id_number
    where observations.key_type = 'account_id'
    group by ids.organization_number

),

organizations as (

    select
        organization_number,
        count(distinct person_number) as person_count,
        count(distinct visitor_number) as id_count,
        coalesce(min(first_visit_at), min(first_seen_at)) as first_visit_at,
        max(last_seen_at) as last_seen_at
    from ids
    group by organization_number

),

final as (

    select
        anchors.space_id,
        anchors.node_id as organization_id,
        organizations.person_count,
        organizations.id_count,
        coalesce(account_counts.account_count, 0) as account_count,
        organizations.first_visit_at,
        organizations.last_seen_at
    from organizations
    inner join {{ ref('int_identity_ids') }} as anchors on organizations.organization_number = anchors.id_number
    left join account_counts on organizations.organization_number = account_counts.organization_number

)

select * from final
