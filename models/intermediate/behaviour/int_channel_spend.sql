{{ config(materialized='view') }}

with spend as (

    select * from {{ ref('stg_ad_spend__daily_spend') }}
    where refusal_reason is null

),

touches as (

    select utm_campaign, channel from {{ ref('sessions') }}  -- noqa: LT09
    union all
    select utm_campaign, channel from {{ ref('attributed_conversions') }}  -- noqa: LT09

),

campaign_channels as (

    -- Spend on a campaign of no stated channel is its channel's: that of most of its touches.
    select
        lower(utm_campaign) as utm_campaign,
        lower(channel) as channel
    from touches
    where utm_campaign is not null
    group by lower(utm_campaign), lower(channel)
    qualify row_number() over (partition by lower(utm_campaign) order by count(*) desc, lower(channel)) = 1

),

placed as (

    select
        spend.* replace (  -- noqa: RF02
            coalesce(lower(spend.channel), campaign_channels.channel, 'unassigned') as channel,
            lower(spend.utm_campaign) as utm_campaign
        )
    from spend
    left join campaign_channels on lower(spend.utm_campaign) = campaign_channels.utm_campaign

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
