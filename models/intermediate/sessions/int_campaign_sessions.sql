-- One row per session that a campaign, an ad click or another site brought: its first such event.
with campaign_events as (

    select
        space_id,
        anonymous_id,
        occurred_at,
        source_name,
        event_id,
        utm_source,
        utm_medium,
        utm_campaign,
        utm_content,
        utm_term,
        click_id,
        referrer_host
    from {{ ref('int_events') }}
    where coalesce(utm_source, utm_medium, utm_campaign, click_id, referrer_host) is not null

),

sessions as (

    select * from {{ ref('int_sessions') }}

),

final as (

    select
        sessions.session_id,
        campaign_events.occurred_at as touched_at,
        campaign_events.* exclude (space_id, anonymous_id, occurred_at, source_name, event_id)  -- noqa: RF02
    from campaign_events
    inner join sessions
        on
            campaign_events.space_id = sessions.space_id
            and campaign_events.anonymous_id = sessions.anonymous_id
            and campaign_events.occurred_at between sessions.session_started_at and sessions.session_ended_at
    qualify
        row_number() over (
            partition by sessions.session_id
            order by campaign_events.occurred_at, campaign_events.event_id, campaign_events.source_name
        ) = 1

)

select * from final
