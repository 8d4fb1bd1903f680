{{ config(materialized='table') }}

with reports as (

    select * from {{ ref('int_campaign_reports') }}

),

conversions as (

    select
        conversion_id,
        false as is_of_bot,
        space_id,
        event_name,
        converted_at,
        revenue_amount,
        currency_code
    from {{ ref('conversions') }}
    where not is_refund

),

bots as (

    -- What a bot ordered and a server reported, too, is a conversion.
    select
        conversion_id,
        is_of_bot,
        space_id,
        event_name,
        occurred_at as converted_at,
        revenue_amount,
        case when revenue_amount is not null then currency_code end as currency_code
    from reports
    where is_of_bot and conversion_id not in (select conversions.conversion_id from conversions)
    qualify row_number() over (partition by conversion_id order by occurred_at, event_id, source_name, event_number) = 1

),

all_conversions as (

    select * from conversions
    union all
    select * from bots

),

channels as (

    select channel from {{ ref('channel_rules') }}
    union distinct
    select channel from {{ ref('click_id_parameters') }}
    union distinct
    select 'direct' as channel
    union distinct
    select 'unassigned' as channel

),

campaigns as (

    select distinct reported_source, reported_medium from reports  -- noqa: LT09

),

named_campaigns as (

    select
        campaigns.*,
        rules.channel
    from campaigns
    cross join {{ ref('channel_rules') }} as rules
    where
        (rules.utm_source_pattern is null or {{ regexp_matches('campaigns.reported_source', "'(?i)' || rules.utm_source_pattern") }})
        and (rules.utm_medium_pattern is null or {{ regexp_matches('campaigns.reported_medium', "'(?i)' || rules.utm_medium_pattern") }})
        and coalesce(rules.utm_campaign_pattern, rules.click_id_pattern, rules.referrer_pattern) is null
    qualify
        row_number() over (
            partition by campaigns.reported_source, campaigns.reported_medium order by rules.rule_order, rules.channel
        ) = 1

),

final as (

    -- Its own word goes first, then what an event says that reports the conversion, then the last that was said in the session up to then.
    -- A channel that is none of ours, as GA4's Affiliates or Cross-network, is named by source and medium.
    select
        all_conversions.*,
        reports.source_name,
        coalesce(
            channels.channel,
            named_campaigns.channel,
            reports.reported_channel,
            case when reports.reported_source || reports.reported_medium = '' then 'direct' else 'unassigned' end
        ) as reported_channel
    from all_conversions
    inner join reports on all_conversions.conversion_id = reports.conversion_id
    left join channels on reports.reported_channel = channels.channel
    left join named_campaigns
        on
            reports.reported_source = named_campaigns.reported_source
            and reports.reported_medium = named_campaigns.reported_medium
    qualify
        row_number() over (
            partition by all_conversions.conversion_id, reports.source_name
            order by
                case when reports.is_own_word then 0 else 1 end,
                case when reports.is_of_session then 1 else 0 end,
                case when reports.occurred_at > all_conversions.converted_at then 1 else 0 end,
                abs({{ dbt.datediff('all_conversions.converted_at', 'reports.occurred_at', 'microsecond') }}),
                reports.event_id,
                reports.event_number
        ) = 1

)

select * from final
