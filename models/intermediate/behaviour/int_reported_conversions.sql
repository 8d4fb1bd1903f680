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
        {{ conversion_key('rejected') }} as conversion_id,
        true as is_of_bot,
        rejected.space_id,
        rejected.event_name,
        rejected.occurred_at as converted_at,
        rejected.revenue_amount,
        rejected.currency_code
    from {{ ref('int_events_received') }} as rejected
    where
        rejected.rejection_reason = 'bot' and rejected.is_conversion and rejected.conversion_kind != 'refund' and not rejected.is_buffered
        and {{ conversion_key('rejected') }} not in (select conversions.conversion_id from conversions)
    qualify
        row_number() over (
            partition by {{ conversion_key('rejected') }} order by rejected.occurred_at, rejected.event_id, rejected.source_name
        ) = 1

),

all_conversions as (

    select * from conversions
    union all
    select * from bots

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
        (rules.utm_source_pattern is null or {{ regexp_matches('campaigns.reported_source', 'rules.utm_source_pattern') }})
        and (rules.utm_medium_pattern is null or {{ regexp_matches('campaigns.reported_medium', 'rules.utm_medium_pattern') }})
        and coalesce(rules.utm_campaign_pattern, rules.click_id_pattern, rules.referrer_pattern) is null
    qualify
        row_number() over (
            partition by campaigns.reported_source, campaigns.reported_medium order by rules.rule_order, rules.channel
        ) = 1

),

final as (

    -- Its own word goes first, then what an event says that reports the conversion, then the last that was said in the session up to then.
    select
        all_conversions.*,
        reports.source_name,
        coalesce(
            reports.reported_channel,
            named_campaigns.channel,
            case when reports.reported_source || reports.reported_medium = '' then 'direct' else 'unassigned' end
        ) as reported_channel
    from all_conversions
    inner join reports on all_conversions.conversion_id = reports.conversion_id
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
                reports.event_id
        ) = 1

)

select * from final
