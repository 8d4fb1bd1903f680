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

    select
        rule_order,
        channel,
        utm_source_pattern,
        utm_medium_pattern,
        utm_campaign_pattern,
        click_id_pattern,
        referrer_pattern
    from {{ ref('channel_rules') }}
    union all
    -- The network that a click id is named for says what it is where no rule before does.
    select
        rule_order,
        channel,
        cast(null as {{ dbt.type_string() }}) as utm_source_pattern,
        cast(null as {{ dbt.type_string() }}) as utm_medium_pattern,
        cast(null as {{ dbt.type_string() }}) as utm_campaign_pattern,
        '^' || lower(parameter) || '$' as click_id_pattern,
        cast(null as {{ dbt.type_string() }}) as referrer_pattern
    from {{ ref('click_id_parameters') }}

),

campaigns as (

    select
        campaign_number,
        min(utm_source) as utm_source,
        min(utm_medium) as utm_medium,
        min(utm_campaign) as utm_campaign,
        min(case when click_id is not null then coalesce(click_id_type, 'unknown') end) as click_id_type,
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
                rules.utm_campaign_pattern is null
                or {{ regexp_matches('lower(campaigns.utm_campaign)', 'rules.utm_campaign_pattern') }}
            )
            and (
                rules.click_id_pattern is null
                or {{ regexp_matches('campaigns.click_id_type', 'rules.click_id_pattern') }}
            )
            and (
                rules.referrer_pattern is null
                or {{ regexp_matches('campaigns.referrer_host', 'rules.referrer_pattern') }}
            )
    qualify row_number() over (partition by campaigns.campaign_number order by rules.rule_order, rules.channel) = 1

),

final as (

    select
        campaigns.*,
        coalesce(matched.channel, 'unassigned') as channel
    from campaigns
    left join matched on campaigns.campaign_number = matched.campaign_number

)

select * from final
