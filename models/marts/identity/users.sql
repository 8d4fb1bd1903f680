with shared_ids as (

    select
        ids.visitor_number,
        min(case when shared_devices.is_main_user then ids.id_number end) as main_id_number,
        count(distinct ids.first_user_id) as user_count,
        min(ids.first_seen_at) as first_seen_at,
        min(ids.first_visit_at) as first_visit_at,
        max(ids.last_seen_at) as last_seen_at,
        cast(sum(ids.event_count) as {{ dbt.type_bigint() }}) as event_count
    from {{ ref('int_identity_ids') }} as ids
    inner join {{ ref('shared_devices') }} as shared_devices on ids.space_id = shared_devices.space_id and ids.node_id = shared_devices.node_id
    group by ids.visitor_number

),

ids as (

    -- An id that several users shared is the one's who was there most.
    select
        ids.id_number,
        ids.visitor_number,
        ids.space_id,
        ids.anonymous_id,
        coalesce(shared_ids.first_seen_at, ids.first_seen_at) as first_seen_at,
        coalesce(shared_ids.first_visit_at, ids.first_visit_at) as first_visit_at,
        coalesce(shared_ids.last_seen_at, ids.last_seen_at) as last_seen_at,
        coalesce(shared_ids.event_count, ids.event_count) as event_count,
        ids.first_account_id,
        ids.last_account_id,
        ids.first_source_name,
        shared_ids.visitor_number is not null as is_shared,
        coalesce(shared_ids.user_count, case when ids.first_user_id is null then 0 else 1 end) as user_count
    from {{ ref('int_identity_ids') }} as ids
    left join shared_ids on ids.visitor_number = shared_ids.visitor_number
    where shared_ids.visitor_number is null or ids.id_number = shared_ids.main_id_number

),

-- Narrow, because three joins hold it in memory.
anchors as (

    select id_number, node_id  -- noqa: LT09
    from {{ ref('int_identity_ids') }}

),

-- Most ids are of one source.
lists_of_sources as (

    select
        active_days.id_number,
        {{ dbt.listagg('distinct active_days.source_name', "', '", 'order by active_days.source_name') }} as source_names
    from {{ ref('int_active_days') }} as active_days
    inner join {{ ref('int_identity_ids') }} as ids on active_days.id_number = ids.id_number
    where ids.first_source_name < ids.last_source_name
    group by active_days.id_number

),

over_limit as (

    select distinct id_number
    from {{ ref('int_identity_limited_values') }}
    where value_count > max_values_per_profile

),

final as (

    select
        ids.space_id,
        ids.anonymous_id,
        anchors.node_id as universal_id,
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
        household_anchors.node_id as household_id,
        memberships.is_outlier_household,
        organization_anchors.node_id as organization_id,
        coalesce(lists_of_sources.source_names, ids.first_source_name) as source_names,
        withdrawals.id_number is not null as has_withdrawn_consent,
        ids.is_shared,
        cast(ids.user_count as {{ dbt.type_int() }}) as user_count
    from ids
    inner join {{ ref('int_identity_resolved') }} as resolved on ids.id_number = resolved.id_number
    inner join anchors on resolved.person_number = anchors.id_number
    inner join {{ ref('int_group_memberships') }} as memberships on resolved.person_number = memberships.person_number
    inner join anchors as household_anchors on memberships.household_number = household_anchors.id_number
    left join anchors as organization_anchors on memberships.organization_number = organization_anchors.id_number
    left join lists_of_sources on ids.id_number = lists_of_sources.id_number
    left join {{ ref('int_identity_confidence') }} as confidence on ids.id_number = confidence.id_number
    left join over_limit on ids.id_number = over_limit.id_number
    left join {{ ref('int_consent_withdrawals') }} as withdrawals
        on ids.visitor_number = withdrawals.id_number and withdrawals.restored_at is null

)

select * from final
