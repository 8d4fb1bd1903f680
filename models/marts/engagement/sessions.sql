{{
    config(
        materialized='incremental',
        incremental_strategy='replace_changed',
        unique_key=['space_id', 'anonymous_id'],
        meta={'changed_entities': {'model': 'int_changed_persons', 'columns': ['space_id', 'identity_id']}}
    )
}}

with changed_persons as (

    select * from {{ ref('int_changed_persons') }}

),

sessions as (

    select sessions.*
    from {{ ref('int_sessions') }} as sessions
    {% if is_incremental() %}
        inner join changed_persons on sessions.visitor_number = changed_persons.identity_number
    {% endif %}

),

first_touches as (

    select * from {{ ref('int_campaign_sessions') }}
    where touch_number = 1

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
        sessions.session_id,
        sessions.space_id,
        sessions.anonymous_id,
        sessions.node_id,
        -- A session without consent stays with its cookie, whoever that belongs to.
        coalesce(anchors.node_id, sessions.anonymous_id) as universal_id,
        sessions.session_started_at,
        sessions.session_ended_at,
        sessions.event_count,
        sessions.has_consent,
        coalesce(first_touches.channel, 'direct') as channel,
        coalesce(first_touches.touched_at, sessions.session_started_at) as touched_at,
        first_touches.utm_source,
        first_touches.utm_medium,
        first_touches.utm_campaign,
        first_touches.utm_content,
        first_touches.utm_term,
        first_touches.click_id,
        first_touches.click_id_type,
        first_touches.referrer_host,
        case
            when sessions.lowest_source_session_id = sessions.highest_source_session_id then sessions.lowest_source_session_id
        end as source_session_id
    from sessions
    left join first_touches
        on
            sessions.id_number = first_touches.id_number
            and sessions.session_started_at = first_touches.session_started_at
    left join resolved
        on
            sessions.id_number = resolved.id_number
            and sessions.has_consent
    left join anchors on resolved.person_number = anchors.id_number

)

select * from final
