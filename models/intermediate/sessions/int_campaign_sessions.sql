-- One row per event of a session that a campaign, an ad click or another site brought. Those that change it are touches.
{{
    config(
        materialized='incremental',
        incremental_strategy='replace_changed',
        unique_key='id_number',
        meta={'changed_entities': {'model': 'int_changed_visitors'}}
    )
}}

with visitors as (

    select * from {{ ref('int_changed_visitors') }}

),

sessions as (

    select * from {{ ref('int_sessions') }}
    {% if is_incremental() %}
        where id_number in (select visitors.id_number from visitors)
    {% endif %}

),

events as (

    select * from {{ ref('int_uncounted_events') }}
    where is_visit and coalesce(utm_source, utm_medium, utm_campaign, click_id, referrer_host) is not null

),

excluded_hosts as (

    select replace(host, '*', '%') as host_pattern
    from {{ ref('excluded_referrers') }}
    union distinct
    select replace(domain, '*', '%') as host_pattern
    from {{ ref('own_domains') }}

),

referrers as (

    select distinct referrer_host
    from events
    where referrer_host is not null

),

excluded_referrers as (

    select distinct referrers.referrer_host
    from referrers
    inner join excluded_hosts
        on
            referrers.referrer_host like excluded_hosts.host_pattern
            or referrers.referrer_host like '%.' || excluded_hosts.host_pattern

),

events_of_campaigns as (

    -- Whoever comes back from paying or signing in was not brought by that.
    select
        events.* replace (  -- noqa: RF02
            case when excluded_referrers.referrer_host is null then events.referrer_host end as referrer_host
        )
    from events
    left join excluded_referrers on events.referrer_host = excluded_referrers.referrer_host

),

campaign_events as (

    select
        id_number,
        occurred_at as touched_at,
        source_name,
        event_id,
        {{ hash_64([
            'utm_source', 'utm_medium', 'utm_campaign', 'click_id is not null', 'click_id_type', 'referrer_host'
        ]) }} as campaign_number,
        case
            when coalesce(utm_source, utm_medium, utm_campaign) is not null
                then {{ hash_64(['utm_source', 'utm_medium', 'utm_campaign']) }}
        end as utm_number,
        utm_source,
        utm_medium,
        utm_campaign,
        utm_content,
        utm_term,
        click_id,
        click_id_type,
        referrer_host
    from events_of_campaigns
    where coalesce(utm_source, utm_medium, utm_campaign, click_id, referrer_host) is not null
    {% if is_incremental() %}
        union all
        -- What comes between two events that are known changes what either of them is.
        select stored.{{ all_but(['session_started_at', 'touch_number', 'load_number']) }}  -- noqa: RF02
        from {{ this }} as stored
        inner join visitors on stored.id_number = visitors.id_number
        where not visitors.is_recounted
    {% endif %}

),

in_sessions as (

    select
        sessions.session_started_at,
        campaign_events.*,
        row_number() over (
            partition by sessions.id_number, sessions.session_started_at
            order by campaign_events.touched_at, campaign_events.event_id, campaign_events.source_name
        ) as event_order
    from campaign_events
    inner join sessions
        on
            campaign_events.id_number = sessions.id_number
            and campaign_events.touched_at between sessions.session_started_at and sessions.session_ended_at

),

-- Often an event carries only a part of what brought the visitor: the parameters are gone from the next page's address, and
-- a page that changes without being loaded keeps its first referrer. So what is missing changes nothing, a click id is compared
-- with those since the parameters changed, and a referrer alone with those since either did.
campaigns_told as (

    select
        *,
        utm_number is not null
        and coalesce(
            utm_number != last_value(utm_number ignore nulls) over (
                partition by id_number, session_started_at order by event_order rows between unbounded preceding and 1 preceding
            ),
            true
        ) as is_other_campaign
    from in_sessions

),

campaigns_counted as (

    select
        *,
        sum(case when is_other_campaign then 1 else 0 end) over (
            partition by id_number, session_started_at order by event_order rows between unbounded preceding and current row
        ) as campaign_count
    from campaigns_told

),

clicks_told as (

    select
        *,
        click_id is not null
        and coalesce(
            click_id != last_value(click_id ignore nulls) over (
                partition by id_number, session_started_at, campaign_count
                order by event_order rows between unbounded preceding and 1 preceding
            ),
            true
        ) as is_other_click
    from campaigns_counted

),

clicks_counted as (

    select
        *,
        sum(case when is_other_campaign or is_other_click then 1 else 0 end) over (
            partition by id_number, session_started_at order by event_order rows between unbounded preceding and current row
        ) as click_count
    from clicks_told

),

referrers_told as (

    select
        *,
        utm_number is null
        and click_id is null
        and coalesce(
            referrer_host != last_value(referrer_host ignore nulls) over (
                partition by id_number, session_started_at, click_count
                order by event_order rows between unbounded preceding and 1 preceding
            ),
            true
        ) as is_other_referrer
    from clicks_counted

),

kinds_compared as (

    select
        *,
        last_value(
            case when utm_number is not null then 'campaign' when is_other_click or is_other_referrer then 'other' end ignore nulls
        ) over (
            partition by id_number, session_started_at order by event_order rows between unbounded preceding and 1 preceding
        ) as previous_kind
    from referrers_told

),

touches_told as (

    select
        *,
        is_other_campaign
        or is_other_click
        or is_other_referrer
        -- The same parameters again, after a click or a referrer without any, are a campaign again.
        or coalesce(utm_number is not null and previous_kind = 'other', false) as is_touch
    from kinds_compared

),

final as (

    select
        session_started_at,
        id_number,
        touched_at,
        source_name,
        event_id,
        campaign_number,
        utm_number,
        utm_source,
        utm_medium,
        utm_campaign,
        utm_content,
        utm_term,
        click_id,
        click_id_type,
        referrer_host,
        case
            when is_touch
                then cast(sum(case when is_touch then 1 else 0 end) over (
                    partition by id_number, session_started_at order by event_order rows between unbounded preceding and current row
                ) as {{ dbt.type_bigint() }})
        end as touch_number,
        cast({{ current_load() }} as {{ dbt.type_bigint() }}) as load_number
    from touches_told

)

select * from final
