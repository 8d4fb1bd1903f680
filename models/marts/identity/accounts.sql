with ids as (

    select * from {{ ref('int_identity_ids') }}

),

ids_of_accounts as (

    select distinct
        observations.id_number,
        observations.key_number
    from {{ ref('int_identity_observations') }} as observations
    where observations.key_type = 'account_id'

),

final as (

    -- An id seen with two accounts is seen for both, though users says neither.
    select
        ids.space_id,
        key_values.key_value as account_id,
        min(organization_anchors.node_id) as organization_id,
        count(distinct resolved.person_number) as person_count,
        count(distinct ids.visitor_number) as id_count,
        coalesce(min(ids.first_visit_at), min(ids.first_seen_at)) as first_visit_at,
        max(ids.last_seen_at) as last_seen_at
    from ids_of_accounts
    inner join {{ ref('int_identity_key_values') }} as key_values on ids_of_accounts.key_number = key_values.key_number
    inner join ids on ids_of_accounts.id_number = ids.id_number
    inner join {{ ref('int_identity_resolved') }} as resolved on ids.id_number = resolved.id_number
    inner join {{ ref('int_group_memberships') }} as memberships on resolved.person_number = memberships.person_number
    left join ids as organization_anchors on memberships.organization_number = organization_anchors.id_number
    group by ids.space_id, key_values.key_value

)

select * from final
