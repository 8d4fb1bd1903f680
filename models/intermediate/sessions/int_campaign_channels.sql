-- Few campaigns stand behind many sessions: the rules are matched once a campaign.
{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key='campaign_number'
    )
}}

with campaign_sessions as (

    select * from {{ ref('int_campaign_sessions') }}

),

rules as (

    select * from {{ ref('channel_rules') }}

),

campaigns as (

    select
        campaign_number,
        min(utm_source) as utm_source,
        min(utm_medium) as utm_medium,
        min(left(click_id, 5)) as click_id_start,
        min(referrer_host) as referrer_host
    from campaign_sessions
    where load_number > {{ last_complete_load() }}
    group by campaign_number

),

matched as (

    select
        campaigns.campaign_number,
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
    qualify row_number() over (partition by campaigns.campaign_number order by rules.rule_order) = 1

),

final as (

    select
        campaigns.*,
        coalesce(matched.channel, 'unassigned') as channel
    from campaigns
    left join matched on campaigns.campaign_number = matched.campaign_number

)

select * from final
