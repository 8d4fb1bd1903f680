{{ config(materialized='view') }}

with sessions as (

    select * from {{ ref('sessions') }}

),

campaigns as (

    select * from {{ ref('int_campaign_sessions') }}
    where touch_number is not null

),

final as (

    select
        sessions.space_id,
        sessions.universal_id,
        sessions.anonymous_id,
        sessions.session_id,
        coalesce(campaigns.touch_number, 0) as touch_number,
        coalesce(campaigns.touched_at, sessions.session_started_at) as touched_at,
        coalesce(campaigns.channel, 'direct') as channel,
        campaigns.utm_source,
        campaigns.utm_medium,
        campaigns.utm_campaign,
        campaigns.utm_content,
        campaigns.utm_term,
        campaigns.click_id
    from sessions
    left join campaigns
        on
            {{ hash_64(['sessions.space_id', 'sessions.node_id']) }} = campaigns.id_number
            and sessions.session_started_at = campaigns.session_started_at

)

select * from final
