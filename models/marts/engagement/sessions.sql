with sessions as (

    select * from {{ ref('int_sessions') }}

),

touches as (

    select * from {{ ref('int_touches') }}

),

users as (

    select * from {{ ref('users') }}

),

final as (

    select
        sessions.session_id,
        sessions.space_id,
        sessions.anonymous_id,
        -- A session without consent stays with its cookie, whoever that belongs to.
        coalesce(users.universal_id, sessions.anonymous_id) as universal_id,
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
    left join users
        on
            sessions.space_id = users.space_id
            and sessions.anonymous_id = users.anonymous_id
            and sessions.has_consent

)

select * from final
