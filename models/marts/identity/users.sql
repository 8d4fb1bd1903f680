with ids as (

    select * from {{ ref('int_identity_ids') }}

),

-- Narrow, because three joins hold it in memory.
anchors as (

    select
        id_number,
        anonymous_id
    from {{ ref('int_identity_ids') }}

),

resolved as (

    select * from {{ ref('int_identity_resolved') }}

),

confidence as (

    select * from {{ ref('int_identity_confidence') }}

),

memberships as (

    select * from {{ ref('int_group_memberships') }}

),

sources_of_ids as (

    select
        id_number,
        min(source_name) as first_source_name,
        max(source_name) as last_source_name
    from {{ ref('int_active_days') }}
    group by id_number

),

-- Most ids are of one source.
lists_of_sources as (

    select
        active_days.id_number,
        {{ dbt.listagg('distinct active_days.source_name', "', '", 'order by active_days.source_name') }} as source_names
    from {{ ref('int_active_days') }} as active_days
    inner join sources_of_ids on active_days.id_number = sources_of_ids.id_number
    where sources_of_ids.first_source_name < sources_of_ids.last_source_name
    group by active_days.id_number

),

over_limit as (

    select distinct id_number
    from {{ ref('int_identity_limited_values') }}
    where value_count > max_values_per_profile

),

withdrawals as (

    select * from {{ ref('int_consent_withdrawals') }}
    where restored_at is null

),

final as (

    select
        ids.space_id,
        ids.anonymous_id,
        anchors.anonymous_id as universal_id,
        ids.first_seen_at,
        coalesce(ids.first_visit_at, ids.first_seen_at) as first_visit_at,
        ids.first_visit_at is not null as has_visits,
        ids.last_seen_at,
        ids.event_count,
        resolved.component_size,
        -- Who is linked to nobody is surely itself.
        coalesce(confidence.identity_confidence, 1) as identity_confidence,
        -- An id seen with two accounts belongs to neither.
        case when ids.first_account_id = ids.last_account_id then ids.first_account_id end as account_id,
        resolved.is_outlier_component,
        over_limit.id_number is not null as is_over_limit,
        household_anchors.anonymous_id as household_id,
        memberships.is_outlier_household,
        organization_anchors.anonymous_id as organization_id,
        coalesce(lists_of_sources.source_names, sources_of_ids.first_source_name) as source_names,
        withdrawals.id_number is not null as has_withdrawn_consent
    from ids
    inner join resolved on ids.id_number = resolved.id_number
    inner join anchors on resolved.person_number = anchors.id_number
    inner join sources_of_ids on ids.id_number = sources_of_ids.id_number
    inner join memberships on resolved.person_number = memberships.person_number
    inner join anchors as household_anchors on memberships.household_number = household_anchors.id_number
    left join anchors as organization_anchors on memberships.organization_number = organization_anchors.id_number
    left join lists_of_sources on ids.id_number = lists_of_sources.id_number
    left join confidence on ids.id_number = confidence.id_number
    left join over_limit on ids.id_number = over_limit.id_number
    left join withdrawals on ids.id_number = withdrawals.id_number

)

select * from final
