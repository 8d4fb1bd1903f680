-- Why our conversions by channel differ from what a source says itself, as the last click of a session in GA4: one row per day and channel.
--
-- What the source says is read from properties, of the events that report the conversion, else of those of its session: a channel, or a
-- source and a medium, which channel_rules name. The difference is divided into four:
--   identity    the last campaign of all ids of the person instead of that of the converting id
--   rule        the last campaign of that id within the window instead of its last touch, direct or not
--   unreported  conversions of which the source says nothing
--   other       what is left, as other windows, other sessions and other names of a channel
--
--   dbt --quiet show --select attribution_reconciliation --limit 50 --output json --vars '{optional_marts: [events], reported_channel: click_channel}'
{{ config(enabled=('events' in var('optional_marts'))) }}
{% set reported = {} %}
{% for part in ['channel', 'source', 'medium'] %}
    {% do reported.update({part: json_text('properties', dbt.escape_single_quotes(var('reported_' ~ part, 'reported_' ~ part)))}) %}
{% endfor %}

with reports as (

    select
        conversion_id,
        session_id,
        occurred_at,
        source_name,
        event_id,
        nullif(replace(lower(trim({{ reported.channel }})), ' ', '_'), '') as reported_channel,
        coalesce(lower({{ campaign_value(reported.source, is_origin=true) }}), '') as reported_source,
        coalesce(lower({{ campaign_value(reported.medium) }}), '') as reported_medium
    from {{ ref('events') }}
    where coalesce({{ reported.channel }}, {{ reported.source }}, {{ reported.medium }}) is not null

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

named_reports as (

    select
        reports.*,
        coalesce(
            reports.reported_channel,
            named_campaigns.channel,
            case when reports.reported_source || reports.reported_medium = '' then 'direct' else 'unassigned' end
        ) as channel
    from reports
    left join named_campaigns
        on
            reports.reported_source = named_campaigns.reported_source
            and reports.reported_medium = named_campaigns.reported_medium

),

reports_of_conversions as (

    select * from named_reports
    qualify row_number() over (partition by conversion_id order by occurred_at, event_id, source_name) = 1

),

reports_of_sessions as (

    select * from named_reports
    qualify row_number() over (partition by session_id order by occurred_at, event_id, source_name) = 1

),

conversions as (

    select
        conversions.conversion_id,
        cast(conversions.converted_at as date) as conversion_date,
        coalesce(reports_of_conversions.channel, reports_of_sessions.channel) as reported_channel
    from {{ ref('conversions') }} as conversions
    left join reports_of_conversions on conversions.conversion_id = reports_of_conversions.conversion_id
    left join reports_of_sessions on conversions.session_id = reports_of_sessions.session_id
    where not conversions.is_refund

),

credits as (

    select
        conversions.conversion_date,
        credited.channel,
        credited.identity_mode || ' ' || credited.attribution_model as told_by,
        case when conversions.reported_channel is null then credited.credit else 0 end as unreported_credit,
        credited.credit
    from {{ ref('attributed_conversions') }} as credited
    inner join conversions on credited.conversion_id = conversions.conversion_id
    union all
    select conversion_date, reported_channel, 'source', 0, 1  -- noqa: LT09,AL03
    from conversions
    where reported_channel is not null

),

counted as (

    select
        conversion_date,
        channel,
        sum(case told_by when 'graph last_touch' then credit else 0 end) as graph_conversions,
        sum(case told_by when 'cookie last_touch' then credit else 0 end) as cookie_conversions,
        sum(case told_by when 'cookie last_touch_with_direct' then credit else 0 end) as last_touch_conversions,
        sum(case told_by when 'cookie last_touch_with_direct' then unreported_credit else 0 end) as unreported_conversions,
        sum(case told_by when 'source' then credit else 0 end) as reported_conversions
    from credits
    where told_by in ('graph last_touch', 'cookie last_touch', 'cookie last_touch_with_direct', 'source')
    group by conversion_date, channel

),

final as (

    select
        conversion_date,
        channel,
        graph_conversions,
        cookie_conversions,
        reported_conversions,
        graph_conversions - reported_conversions as difference,
        graph_conversions - cookie_conversions as identity_difference,
        cookie_conversions - last_touch_conversions as rule_difference,
        unreported_conversions as unreported_difference,
        last_touch_conversions - unreported_conversions - reported_conversions as other_difference
    from counted

)

select * from final
order by conversion_date, channel
