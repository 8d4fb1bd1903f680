{{ config(materialized='view') }}
with reported_days as (

    -- Which days an id's reports of orders change.
    select distinct reporters.id_number, reports.reported_date as metric_date  -- noqa: LT09
    from {{ ref('int_changed_conversions') }} as reporters
    inner join {{ ref('int_changed_conversions') }} as reports on reporters.order_or_conversion_id = reports.order_or_conversion_id

),

reported_since as (

    select id_number, min(metric_date) as metric_date  -- noqa: LT09
    from reported_days
    group by id_number

),

causes as (

    -- An event changes the session that it joins, and an order that was reported before; on an id that several users shared, a login says
    -- whose earlier events are.
    select
        events.id_number,
        'late_events' as cause,
        min(case
            when shared_events.event_number is not null then cast('0001-01-01' as date)
            else least(
                cast(coalesce(sessions.session_started_at, events.occurred_at) as date),
                coalesce(reported_since.metric_date, cast(events.occurred_at as date))
            )
        end) as changed_from_date
    from {{ ref('int_events') }} as events
    left join reported_since on events.id_number = reported_since.id_number
    left join {{ ref('int_shared_events') }} as shared_events on events.event_number = shared_events.event_number
    left join {{ ref('int_sessions') }} as sessions
        on events.id_number = sessions.id_number and events.occurred_at between sessions.session_started_at and sessions.session_ended_at
    where events.load_number > {{ last_complete_load() }}
    group by events.id_number
    union all
    select  -- noqa: LT09
        id_number, case cause when 'duplicate' then 'late_events' else cause end as cause, cast('0001-01-01' as date) as changed_from_date
    from {{ ref('int_restated_events') }}
    union all
    select id_number, 'identity' as cause, cast('0001-01-01' as date) as changed_from_date  -- noqa: LT09
    from {{ ref('int_identity_changed_ids') }}
    where person_number is not null and person_number_before is not null
    qualify
        count(distinct person_number) over (partition by person_number_before) > 1
        or count(distinct person_number_before) over (partition by person_number) > 1

),

persons_of_ids as (

    -- Whom an id belongs to, and did before the run; one that is not in the graph stands for itself.
    select id_number, person_number from {{ ref('int_identity_resolved') }}  -- noqa: LT09
    union all
    select id_number, person_number_before as person_number from {{ ref('int_identity_changed_ids') }}  -- noqa: LT09
    union all
    select id_number, id_number as person_number from causes  -- noqa: LT09
    union all
    -- Of an id that several users shared, each of them.
    select ids.visitor_number as id_number, resolved.person_number  -- noqa: LT09
    from {{ ref('int_identity_ids') }} as ids
    inner join {{ ref('int_identity_resolved') }} as resolved on ids.id_number = resolved.id_number
    where ids.id_number != ids.visitor_number

),

causes_of_persons as (

    select persons_of_ids.person_number, causes.cause, min(causes.changed_from_date) as changed_from_date  -- noqa: LT09
    from causes
    inner join persons_of_ids on causes.id_number = persons_of_ids.id_number
    group by persons_of_ids.person_number, causes.cause

),

days_of_ids as (

    select id_number, cast(session_started_at as date) as metric_date from {{ ref('int_sessions') }}  -- noqa: LT09
    union all
    -- A session that began on a later day of a longer one was joined to it.
    select sessions.id_number, spine.date_day as metric_date  -- noqa: LT09
    from {{ ref('int_sessions') }} as sessions
    inner join {{ ref('time_spine_daily') }} as spine
        on cast(sessions.session_started_at as date) < spine.date_day and cast(sessions.session_ended_at as date) >= spine.date_day
    where cast(sessions.session_started_at as date) < cast(sessions.session_ended_at as date)
    union all
    select id_number, cast(occurred_at as date) as metric_date from {{ ref('int_restated_events') }}  -- noqa: LT09
    union all
    select {{ hash_64(['space_id', 'node_id']) }} as id_number, cast(converted_at as date) as metric_date  -- noqa: LT09
    from {{ ref('conversions') }}
    union all
    -- A report by another id moves a conversion from one day and id to the other.
    select id_number, metric_date from reported_days  -- noqa: LT09

),

final as (

    -- Who a person is changes nothing that is counted by cookie.
    select
        days_of_ids.metric_date,
        min(causes.cause) as cause,
        min(causes.cause) != max(causes.cause) as has_other_causes,
        min(nullif(causes.cause, 'identity')) as cookie_cause,
        min(nullif(causes.cause, 'identity')) != max(nullif(causes.cause, 'identity')) as has_other_cookie_causes
    from days_of_ids
    inner join persons_of_ids on days_of_ids.id_number = persons_of_ids.id_number
    inner join causes_of_persons as causes
        on persons_of_ids.person_number = causes.person_number and days_of_ids.metric_date >= causes.changed_from_date
    -- A run that makes every table again does not know what it changed.
    where {{ last_complete_load() }} > 0
    group by days_of_ids.metric_date

)

select * from final
