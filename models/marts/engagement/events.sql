{{ config(materialized='view') }}

with events as (

    select
        events.*,
        coalesce(shared_events.id_number, events.id_number) as node_number,
        coalesce(shared_events.node_id, events.anonymous_id) as node_id
    from {{ ref('int_events') }} as events
    left join {{ ref('int_shared_events') }} as shared_events on events.event_number = shared_events.event_number

),

sessions as (

    select * from {{ ref('sessions') }}

),

resolved as (

    select * from {{ ref('int_identity_resolved') }}

),

anchors as (

    select
        id_number,
        node_id
    from {{ ref('int_identity_ids') }}

),

final as (

    select
        events.event_id,
        events.source_name,
        events.space_id,
        events.app_id,
        events.event_type,
        events.event_name,
        events.schema_version,
        events.occurred_at,
        events.received_at,
        events.anonymous_id,
        events.node_id,
        -- Without consent an event stays with its cookie, whoever that belongs to.
        coalesce(anchors.node_id, events.anonymous_id) as universal_id,
        case when events.is_visit then sessions.session_id end as session_id,
        case when events.is_visit then sessions.channel end as channel,
        events.user_id,
        events.account_id,
        events.platform,
        events.os,
        events.browser,
        events.page_path,
        events.referrer_host,
        events.utm_source,
        events.utm_medium,
        events.utm_campaign,
        events.utm_content,
        events.utm_term,
        events.click_id,
        events.click_id_type,
        events.order_id,
        events.revenue_amount,
        events.currency_code,
        events.properties,
        coalesce(sessions.has_consent, true) and events.has_consent as has_consent,
        events.is_visit,
        events.is_conversion,
        -- Several events may report one order.
        case when events.is_conversion then {{ conversion_key('events') }} end as conversion_id,
        {{ is_late('events.occurred_at', 'events.received_at') }} as is_late,
        events.is_provisional
    from events
    left join sessions
        on
            events.space_id = sessions.space_id
            and events.node_id = sessions.node_id
            and events.occurred_at between sessions.session_started_at and sessions.session_ended_at
    left join resolved
        on
            events.node_number = resolved.id_number
            and coalesce(sessions.has_consent, true) and events.has_consent
    left join anchors on resolved.person_number = anchors.id_number

)

select * from final
