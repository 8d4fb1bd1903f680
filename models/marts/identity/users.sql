with ids as (

    select * from {{ ref('int_identity_ids') }}

),

resolved as (

    select * from {{ ref('int_identity_resolved') }}

),

confidence as (

    select * from {{ ref('identity_confidence') }}

),

memberships as (

    select * from {{ ref('int_group_memberships') }}

),

over_limit as (

    select distinct id_number
    from {{ ref('int_identity_limited_values') }}
    where value_count > max_values_per_profile

),

accounts as (

    -- An id seen with two accounts belongs to neither.
    select
        space_id,
        anonymous_id,
        min(account_id) as account_id
    from {{ ref('int_events') }}
    where has_consent and account_id is not null
    group by space_id, anonymous_id
    having count(distinct account_id) = 1

),

final as (

    select
        ids.space_id,
        ids.anonymous_id,
        anchors.anonymous_id as universal_id,
        ids.first_visit_at,
        ids.last_seen_at,
        ids.event_count,
        resolved.component_size,
        confidence.identity_confidence,
        accounts.account_id,
        resolved.is_outlier_component,
        over_limit.id_number is not null as is_over_limit,
        household_anchors.anonymous_id as household_id,
        memberships.is_outlier_household,
        organization_anchors.anonymous_id as organization_id
    from ids
    inner join resolved on ids.id_number = resolved.id_number
    inner join ids as anchors on resolved.person_number = anchors.id_number
    inner join confidence on ids.id_number = confidence.id_number
    inner join memberships on resolved.person_number = memberships.person_number
    inner join ids as household_anchors on memberships.household_number = household_anchors.id_number
    left join ids as organization_anchors on memberships.organization_number = organization_anchors.id_number
    left join accounts
        on
            ids.space_id = accounts.space_id
            and ids.anonymous_id = accounts.anonymous_id
    left join over_limit on ids.id_number = over_limit.id_number

)

select * from final
