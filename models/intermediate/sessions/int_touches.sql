{{
    config(
        materialized='incremental',
        incremental_strategy='replace_changed',
        unique_key='id_number',
        meta={'changed_entities': {'model': 'int_changed_visitors'}}
    )
}}

with changed_visitors as (

    select * from {{ ref('int_changed_visitors') }}

),

campaign_sessions as (

    select
        *,
        -- Click ids differ a visit; the network shows in how they begin.
        left(click_id, 5) as click_id_start
    from {{ ref('int_campaign_sessions') }}
    {% if is_incremental() %}
        where id_number in (select id_number from changed_visitors)
    {% endif %}

),

rules as (

    select * from {{ ref('channel_rules') }}

),

campaigns as (

    -- Few campaigns stand behind many sessions: match the rules once a campaign.
    select distinct
        utm_source,
        utm_medium,
        click_id_start,
        referrer_host
    from campaign_sessions

),

campaign_channels as (

    select
        campaigns.*,
        rules.channel
    from campaigns
    inner join rules
        on
            (
                rules.utm_source_pattern is null
                or {{ regexp_matches('campaigns.utm_source', 'rules.utm_source_pattern') }}
            )
            and (
                rules.utm_medium_pattern is null
                or {{ regexp_matches('campaigns.utm_medium', 'rules.utm_medium_pattern') }}
            )
            and (
                rules.click_id_pattern is null
                or {{ regexp_matches('campaigns.click_id_start', 'rules.click_id_pattern') }}
            )
            and (
                rules.referrer_pattern is null
                or {{ regexp_matches('campaigns.referrer_host', 'rules.referrer_pattern') }}
            )
    qualify
        row_number() over (
            partition by
                campaigns.utm_source, campaigns.utm_medium, campaigns.click_id_start, campaigns.referrer_host
            order by rules.rule_order
        ) = 1

),

final as (

    select
        campaign_sessions.session_id,
        campaign_sessions.id_number,
        campaign_sessions.touched_at,
        coalesce(campaign_channels.channel, 'unassigned') as channel,
        campaign_sessions.utm_source,
        campaign_sessions.utm_medium,
        campaign_sessions.utm_campaign,
        campaign_sessions.utm_content,
        campaign_sessions.utm_term,
        campaign_sessions.click_id,
        campaign_sessions.referrer_host
    from campaign_sessions
    left join campaign_channels
        on
            campaign_sessions.utm_source is not distinct from campaign_channels.utm_source
            and campaign_sessions.utm_medium is not distinct from campaign_channels.utm_medium
            and campaign_sessions.click_id_start is not distinct from campaign_channels.click_id_start
            and campaign_sessions.referrer_host is not distinct from campaign_channels.referrer_host

)

select * from final
