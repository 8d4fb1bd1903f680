{{
    config(
        materialized='incremental',
        incremental_strategy='replace_changed',
        unique_key=['space_id', 'anonymous_id'],
        meta={'changed_entities': {'model': 'int_changed_users'}}
    )
}}

with changed_users as (

    select * from {{ ref('int_changed_users') }}

),

sessions as (

    select * from {{ ref('int_sessions') }}
    {% if is_incremental() %}
        where id_number in (select id_number from changed_users)
    {% endif %}

),

touches as (

    select * from {{ ref('int_touches') }}

),

resolved as (

    select * from {{ ref('int_identity_resolved') }}

),

anchors as (

    select * from {{ ref('int_identity_ids') }}

),

final as (

    select
        sessions.session_id,
        sessions.space_id,
        sessions.anonymous_id,
        -- A session without consent stays with its cookie, whoever that belongs to.
        coalesce(anchors.anonymous_id, sessions.anonymous_id) as universal_id,
        sessions.session_started_at,
        sessions.session_ended_at,
        sessions.event_count,
        sessions.has_consent,
        coalesce(touches.channel, 'direct') as channel,
        coalesce(touches.touched_at, sessions.session_started_at) as touched_at,
        touches.utm_source,
        touches.utm_medium,
        touches.utm_campaign,
        touches.utm_content,
        touches.utm_term,
        touches.click_id,
        touches.referrer_host
    from sessions
    left join touches on sessions.session_id = touches.session_id
    left join resolved on sessions.id_number = resolved.id_number and sessions.has_consent
    left join anchors on resolved.person_number = anchors.id_number

)

select * from final
