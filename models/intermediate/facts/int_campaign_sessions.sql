-- Often an event carries only a part of what brought the visitor: the parameters are gone from the next page's address, and
-- a page that changes without being loaded keeps its first referrer. So what is missing changes nothing, a click id is compared
-- with those since the parameters changed, and a referrer alone with those since either did.
{{
    config(
        materialized='incremental',
        incremental_strategy='replace_changed',
        unique_key='id_number',
        meta={'changed_entities': {'model': 'int_changed_visitors'}}
    )
}}
-- depends_on: {{ ref('int_changed_visitors') }}
-- Of events of one moment the one with parameters comes first, then one with a click id.
{% set without = 'case when coalesce(utm_source, utm_medium, utm_campaign) is null then 1 else 0 end, case when click_id is null then 1 else 0 end' %}
{% set session_so_far = 'partition by id_number, session_started_at order by touched_at, ' ~ without ~ ', event_id, source_name rows' %}
{% set before = session_so_far ~ ' between unbounded preceding and 1 preceding' %}

with sessions as (

    select sessions.* from {{ ref('int_sessions') }} as sessions
    {% if is_incremental() %}
        inner join {{ ref('int_changed_visitors') }} as visitors on sessions.visitor_number = visitors.id_number
    {% endif %}

),

campaign_events as (

    select * from {{ ref('int_campaign_events') }}
    {% if is_incremental() %}
        union all
        -- What comes between two events that are known changes what either of them is.
        select stored.{{ all_but(['session_started_at', 'touch_number']) }}  -- noqa: RF02
        from {{ this }} as stored
        inner join {{ ref('int_changed_visitors') }} as visitors on stored.id_number = visitors.id_number
        where not visitors.is_recounted
    {% endif %}

),

in_sessions as (

    select
        campaign_events.*,
        sessions.session_started_at,
        case
            when coalesce(campaign_events.utm_source, campaign_events.utm_medium, campaign_events.utm_campaign) is not null
                then {{ hash_64(['campaign_events.utm_source', 'campaign_events.utm_medium', 'campaign_events.utm_campaign']) }}
        end as utm_number
    from campaign_events
    inner join sessions
        on
            campaign_events.id_number = sessions.id_number
            and campaign_events.touched_at between sessions.session_started_at and sessions.session_ended_at

),

campaigns_told as (

    select
        *,
        utm_number is not null
        and coalesce(utm_number != last_value(utm_number ignore nulls) over ({{ before }}), true) as is_other_campaign
    from in_sessions

),

clicks_told as (

    select
        *,
        click_id is not null
        and coalesce(click_id != last_value(
            case when is_other_campaign or click_id is not null then coalesce(click_id, '') end ignore nulls
        ) over ({{ before }}), true) as is_other_click
    from campaigns_told

),

referrers_told as (

    select
        *,
        utm_number is null and click_id is null
        and coalesce(referrer_host != last_value(
            case when is_other_campaign or is_other_click or referrer_host is not null then coalesce(referrer_host, '') end
            ignore nulls
        ) over ({{ before }}), true) as is_other_referrer
    from clicks_told

),

touches_told as (

    select
        *,
        is_other_campaign or is_other_click or is_other_referrer
        -- The same parameters again, after a click or a referrer without any, are a campaign again.
        or (utm_number is not null and not last_value(
            case when utm_number is not null or is_other_click or is_other_referrer then utm_number is not null end ignore nulls
        ) over ({{ before }})) as is_touch
    from referrers_told

),

final as (

    select
        {{ all_but(['utm_number', 'is_other_campaign', 'is_other_click', 'is_other_referrer', 'is_touch']) }},  -- noqa: RF02
        case
            when is_touch
                then cast(sum(case when is_touch then 1 else 0 end) over (
                    {{ session_so_far }} between unbounded preceding and current row
                ) as {{ dbt.type_bigint() }})
        end as touch_number
    from touches_told

)

select * from final
