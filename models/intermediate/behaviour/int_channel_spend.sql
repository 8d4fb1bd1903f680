{{ config(materialized='view') }}

with spend as (

    select * from {{ ref('stg_ad_spend__daily_spend') }}
    where refusal_reason is null

),

touches as (

    select
        sessions.space_id,
        lower(campaigns.utm_campaign) as utm_campaign,
        lower(campaigns.channel) as channel
    from {{ ref('sessions') }} as sessions
    inner join {{ ref('int_campaign_sessions') }} as campaigns
        on
            {{ hash_64(['sessions.space_id', 'sessions.node_id']) }} = campaigns.id_number
            and sessions.session_started_at = campaigns.session_started_at
    where campaigns.touch_number is not null and campaigns.utm_campaign is not null

),

touches_of_spaces as (

    -- Of each space, and of all together, for spend without a space.
    select space_id, utm_campaign, channel from touches  -- noqa: LT09
    union all
    select null as space_id, utm_campaign, channel from touches  -- noqa: LT09

),

campaign_channels as (

    -- Spend on a campaign of no stated channel is its channel's: that of most of its touches.
    select
        space_id,
        utm_campaign,
        channel
    from touches_of_spaces
    group by space_id, utm_campaign, channel
    qualify row_number() over (partition by space_id, utm_campaign order by count(*) desc, channel) = 1

),

placed as (

    select
        spend.* replace (  -- noqa: RF02
            coalesce(lower(spend.channel), campaign_channels.channel, 'unassigned') as channel,
            lower(spend.utm_campaign) as utm_campaign
        )
    from spend
    left join campaign_channels
        on
            lower(spend.utm_campaign) = campaign_channels.utm_campaign
            and coalesce(spend.space_id, '') = coalesce(campaign_channels.space_id, '')

),

final as (

    select
        spend_date,
        space_id,
        channel,
        utm_campaign,
        currency_code,
        sum(cost_amount) as spend,
        sum(impression_count) as impression_count,
        sum(click_count) as click_count
    from placed
    group by spend_date, space_id, channel, utm_campaign, currency_code

)

select * from final
