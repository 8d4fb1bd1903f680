{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key=['load_number', 'cohort_name', 'channel'],
        full_refresh=false
    )
}}
{% set percentile = 'percentile_cont' if target.type == 'bigquery' else 'quantile_cont' %}

with events as (

    -- A table that is made again brings no news to a segment.
    select
        events.*,
        coalesce(shared_events.node_id, events.anonymous_id) as node_id
    from {{ ref('int_events') }} as events
    left join {{ ref('int_shared_events') }} as shared_events on events.event_number = shared_events.event_number
    where events.is_visit and events.has_consent and events.load_number > {{ last_complete_load() or current_load() }}

),

sessions as (

    select * from {{ ref('sessions') }}

),

cohorts as (

    select * from {{ ref('conversion_cohorts') }}

),

members as (

    select
        cohorts.cohort_name,
        sessions.channel,
        sessions.session_id,
        {{ dbt.datediff('events.received_at', dbt.current_timestamp(), 'millisecond') }} as lag_milliseconds
    from events
    inner join sessions
        on
            events.space_id = sessions.space_id
            and events.node_id = sessions.node_id
            and events.occurred_at between sessions.session_started_at and sessions.session_ended_at
    inner join cohorts
        on
            sessions.session_id = cohorts.session_id
            -- Who qualifies by keeping away is brought by no event.
            and sessions.session_ended_at = cohorts.qualified_at

),

with_percentiles as (

    select
        *,
        {{ percentile }}(lag_milliseconds, 0.5) over (partition by cohort_name, channel) as median_milliseconds,
        {{ percentile }}(lag_milliseconds, 0.95) over (partition by cohort_name, channel) as p95_milliseconds
    from members

),

final as (

    select
        cast({{ current_load() }} as {{ dbt.type_bigint() }}) as load_number,
        cohort_name,
        channel,
        cast({{ dbt.current_timestamp() }} as {{ dbt.type_timestamp() }}) as visible_at,
        count(distinct session_id) as session_count,
        count(*) as event_count,
        cast(sum(lag_milliseconds) / 1000 as {{ type_double() }}) as total_lag_seconds,
        -- Rounded, because engines differ in the last digit of what lies between two values.
        cast(round(min(median_milliseconds) / 1000, 3) as {{ type_double() }}) as median_lag_seconds,
        cast(round(min(p95_milliseconds) / 1000, 3) as {{ type_double() }}) as p95_lag_seconds,
        cast(max(lag_milliseconds) / 1000 as {{ type_double() }}) as max_lag_seconds
    from with_percentiles
    group by cohort_name, channel

)

select * from final
