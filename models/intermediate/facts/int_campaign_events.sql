-- Few campaigns stand behind many events: referrers and channels are looked up once a campaign.
{{ config(materialized='view') }}
{% set patterns = {
    'utm_source_pattern': 'utm_source', 'utm_medium_pattern': 'utm_medium', 'utm_campaign_pattern': 'utm_campaign',
    'click_id_pattern': 'click_id_type', 'referrer_pattern': 'referrer_host'
} %}

with events as (

    select
        id_number,
        occurred_at as touched_at,
        source_name,
        event_id,
        utm_source,
        utm_medium,
        utm_campaign,
        utm_content,
        utm_term,
        click_id,
        click_id_type,
        referrer_host,
        {{ hash_64([
            'utm_source', 'utm_medium', 'utm_campaign', 'click_id is not null', 'click_id_type', 'referrer_host'
        ]) }} as campaign_number
    from {{ ref('int_uncounted_events') }}
    where is_visit and coalesce(utm_source, utm_medium, utm_campaign, click_id, referrer_host) is not null

),

excluded_hosts as (

    select replace(host, '*', '%') as host_pattern
    from {{ ref('excluded_referrers') }}
    union distinct
    select replace(domain, '*', '%') as host_pattern
    from {{ ref('own_domains') }}

),

rules as (

    select rule_order, channel, {{ patterns | join(', ') }}  -- noqa: LT09
    from {{ ref('channel_rules') }}
    union all
    -- The network that a click id is named for says what it is where no rule before does.
    select rule_order, channel, null, null, null, '^' || lower(parameter) || '$', null  -- noqa: LT09,AL03
    from {{ ref('click_id_parameters') }}

),

sent_campaigns as (

    select
        campaign_number,
        min(utm_source) as utm_source,
        min(utm_medium) as utm_medium,
        lower(min(utm_campaign)) as utm_campaign,
        min(case when click_id is not null then coalesce(click_id_type, 'unknown') end) as click_id_type,
        min(referrer_host) as referrer_host
    from events
    group by campaign_number

),

excluded_campaigns as (

    -- Whoever comes back from paying or signing in was not brought by that.
    select distinct sent_campaigns.campaign_number
    from sent_campaigns
    inner join excluded_hosts
        on
            sent_campaigns.referrer_host like excluded_hosts.host_pattern
            or sent_campaigns.referrer_host like '%.' || excluded_hosts.host_pattern

),

campaigns as (

    select
        sent_campaigns.* replace (  -- noqa: RF02
            case when excluded_campaigns.campaign_number is null then sent_campaigns.referrer_host end as referrer_host
        )
    from sent_campaigns
    left join excluded_campaigns on sent_campaigns.campaign_number = excluded_campaigns.campaign_number

),

matched as (

    select
        campaigns.campaign_number,
        rules.channel
    from campaigns
    cross join rules
    where
        {%- for pattern, column in patterns.items() %}
            {{ 'and' if not loop.first }} (rules.{{ pattern }} is null or {{ regexp_matches('campaigns.' ~ column, "'(?i)' || rules." ~ pattern) }})
        {%- endfor %}
    qualify row_number() over (partition by campaigns.campaign_number order by rules.rule_order, rules.channel) = 1

),

final as (

    select
        events.{{ all_but(['campaign_number']) }} replace (campaigns.referrer_host as referrer_host),  -- noqa: RF02
        coalesce(matched.channel, 'unassigned') as channel
    from events
    inner join campaigns on events.campaign_number = campaigns.campaign_number
    left join matched on events.campaign_number = matched.campaign_number
    where
        coalesce(events.utm_source, events.utm_medium, events.utm_campaign, events.click_id, campaigns.referrer_host)
        is not null

)

select * from final
