-- Spend counts on the day it was paid, conversions on the day they happened. Spend is of all kinds of conversion at once, so it has rows of its own,
-- which add up, and stands whole beside the conversions of each kind, where it does not.
with spend as (

    select * from {{ ref('int_channel_spend') }}

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

credited as (

    -- What was paid back is of the kind of what it was paid for.
    select
        cast(attributed.converted_at as date) as performance_date,
        attributed.attribution_model,
        attributed.identity_mode,
        attributed.space_id,
        lower(attributed.channel) as channel,
        lower(attributed.utm_campaign) as utm_campaign,
        case when attributed.is_refund then 'order' else conversions.conversion_kind end as conversion_kind,
        attributed.currency_code,
        sum(case when attributed.is_refund then 0 else attributed.credit end) as conversions,
        coalesce(sum(attributed.attributed_revenue), 0) as revenue
    from {{ ref('attributed_conversions') }} as attributed
    inner join {{ ref('conversions') }} as conversions on attributed.conversion_id = conversions.conversion_id
    group by all

),

beside_spend as (

    -- Spend without a space is of all. Conversions without a currency take the spend of whatever currency, unless there are several.
    select
        credited.*,
        sum(spend.spend) as spend_of_all_kinds,
        min(spend.currency_code) as spend_currency_code,
        count(distinct spend.currency_code) as currency_count
    from credited
    left join spend
        on
            credited.performance_date = spend.spend_date
            and credited.channel = spend.channel
            and coalesce(credited.utm_campaign, '') = coalesce(spend.utm_campaign, '')
            and (spend.space_id is null or credited.space_id = spend.space_id)
            and (credited.currency_code is null or credited.currency_code = spend.currency_code)
    group by all

),

combined as (

    select
        {{ all_but(['currency_count']) }} replace (
            case when currency_count = 1 then spend_of_all_kinds end as spend_of_all_kinds,
            case when currency_count = 1 then spend_currency_code end as spend_currency_code
        ),
        null as spend,
        null as impression_count,
        null as click_count
    from beside_spend
    union all
    select
        spend.spend_date as performance_date,
        models_and_modes.attribution_model,
        models_and_modes.identity_mode,
        spend.space_id,
        spend.channel,
        spend.utm_campaign,
        null as conversion_kind,
        spend.currency_code,
        0 as conversions,
        0 as revenue,
        null as spend_of_all_kinds,
        null as spend_currency_code,
        spend.spend,
        spend.impression_count,
        spend.click_count
    from spend
    cross join models_and_modes

),

final as (

    select
        performance_date, attribution_model, identity_mode, space_id, channel, utm_campaign, conversion_kind, currency_code,  -- noqa: LT09
        cast(spend as {{ type_decimal(28, 4) }}) as spend,
        cast(impression_count as {{ dbt.type_bigint() }}) as impression_count,
        cast(click_count as {{ dbt.type_bigint() }}) as click_count,
        cast(conversions as {{ type_decimal(18, 8) }}) as conversions,
        cast(revenue as {{ type_decimal(28, 4) }}) as revenue,
        cast(spend_of_all_kinds as {{ type_decimal(28, 4) }}) as spend_of_all_kinds,
        spend_currency_code,
        cast(round(spend_of_all_kinds / nullif(conversions, 0), 4) as {{ type_decimal(28, 4) }}) as cost_per_conversion,
        cast(case when currency_code = spend_currency_code then round(revenue / nullif(spend_of_all_kinds, 0), 4) end as {{ type_decimal(28, 4) }})
            as return_on_ad_spend
    from combined

)

select * from final
