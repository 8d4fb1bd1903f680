-- One row per session that a campaign, an ad click or another site brought: its first such event.
{{
    config(
        materialized='incremental',
        incremental_strategy='replace_changed',
        unique_key='id_number',
        meta={'changed_entities': {'model': 'int_changed_visitors'}}
    )
}}

with events as (

    select * from {{ ref('int_uncounted_events') }}

),

changed_visitors as (

    select * from {{ ref('int_changed_visitors') }}

),

sessions as (

    select * from {{ ref('int_sessions') }}
    {% if is_incremental() %}
        where id_number in (select id_number from changed_visitors)
    {% endif %}

),

campaign_events as (

    select
        id_number,
        occurred_at as touched_at,
        source_name,
        event_id,
        -- Click ids differ a visit; the network shows in how they begin.
        {{ hash_64(['utm_source', 'utm_medium', 'left(click_id, 5)', 'referrer_host']) }} as campaign_number,
        utm_source,
        utm_medium,
        utm_campaign,
        utm_content,
        utm_term,
        click_id,
        referrer_host
    from events
    where coalesce(utm_source, utm_medium, utm_campaign, click_id, referrer_host) is not null
    {% if is_incremental() %}
        union all
        -- The first of a session that is known stays the first of its events.
        select stored.* exclude (session_started_at)  -- noqa: RF02
        from {{ this }} as stored
        inner join changed_visitors on stored.id_number = changed_visitors.id_number
        where not changed_visitors.is_recounted
    {% endif %}

),

final as (

    select
        sessions.session_started_at,
        campaign_events.*
    from campaign_events
    inner join sessions
        on
            campaign_events.id_number = sessions.id_number
            and campaign_events.touched_at between sessions.session_started_at and sessions.session_ended_at
    qualify
        row_number() over (
            partition by sessions.id_number, sessions.session_started_at
            order by campaign_events.touched_at, campaign_events.event_id, campaign_events.source_name
        ) = 1

)

select * from final
