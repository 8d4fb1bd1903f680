-- Spend counts on the day it was paid, conversions on the day they happened; what has only one of the two has a row all the same.
with attributed_conversions as (

    select * from {{ ref('attributed_conversions') }}

),

spend as (

    select * from {{ ref('stg_ad_spend__daily_spend') }}
    where refusal_reason is null

),

touches as (

    select utm_campaign, channel from {{ ref('sessions') }}  -- noqa: LT09
    union all
    select utm_campaign, channel from attributed_conversions  -- noqa: LT09

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

models_and_modes as (

    {% for mode in ['graph', 'cookie'] %}
        select
            attribution_model,
            '{{ mode }}' as identity_mode
        from {{ ref('attribution_models') }}
        where is_enabled
        {{ 'union all' if not loop.last }}
    {% endfor %}

),

combined as (

    select
        cast(converted_at as date) as performance_date,
        attribution_model,
        identity_mode,
        lower(channel) as channel,
        lower(utm_campaign) as utm_campaign,
        currency_code,
        cast(null as {{ type_decimal(28, 4) }}) as spend,
        cast(null as {{ dbt.type_bigint() }}) as impression_count,
        cast(null as {{ dbt.type_bigint() }}) as click_count,
        case when is_refund then 0 else credit end as conversions,
        coalesce(attributed_revenue, 0) as revenue
    from attributed_conversions
    union all
    select
        spend.spend_date as performance_date,
        models_and_modes.attribution_model,
        models_and_modes.identity_mode,
        coalesce(lower(spend.channel), campaign_channels.channel, 'unassigned') as channel,
        lower(spend.utm_campaign) as utm_campaign,
        spend.currency_code,
        spend.cost_amount as spend,
        spend.impression_count,
        spend.click_count,
        0 as conversions,
        0 as revenue
    from spend
    cross join models_and_modes
    left join campaign_channels on lower(spend.utm_campaign) = campaign_channels.utm_campaign

),

summed as (

    select
        performance_date,
        attribution_model,
        identity_mode,
        channel,
        utm_campaign,
        currency_code,
        cast(sum(spend) as {{ type_decimal(28, 4) }}) as spend,
        cast(sum(impression_count) as {{ dbt.type_bigint() }}) as impression_count,
        cast(sum(click_count) as {{ dbt.type_bigint() }}) as click_count,
        cast(sum(conversions) as {{ type_decimal(18, 8) }}) as conversions,
        cast(sum(revenue) as {{ type_decimal(28, 4) }}) as revenue
    from combined
    group by performance_date, attribution_model, identity_mode, channel, utm_campaign, currency_code

),

final as (

    select
        *,
        cast(round(spend / nullif(conversions, 0), 4) as {{ type_decimal(28, 4) }}) as cost_per_conversion,
        cast(round(revenue / nullif(spend, 0), 4) as {{ type_decimal(28, 4) }}) as return_on_ad_spend
    from summed

)

select * from final
