with events as (

    select * from {{ ref('int_events') }}

),

with_previous as (

    select
        space_id,
        anonymous_id,
        occurred_at,
        has_consent,
        lag(occurred_at) over (
            partition by space_id, anonymous_id
            order by occurred_at, event_id, source_name
        ) as previous_occurred_at,
        row_number() over (
            partition by space_id, anonymous_id
            order by occurred_at, event_id, source_name
        ) as event_number
    from events

),

with_session_start as (

    select
        space_id,
        anonymous_id,
        occurred_at,
        has_consent,
        max(
            case
                when
                    previous_occurred_at is null
                    or occurred_at > {{ dbt.dateadd(
                        'minute', var('session_timeout_minutes'), 'previous_occurred_at'
                    ) }}
                    then occurred_at
            end
        ) over (
            partition by space_id, anonymous_id
            order by event_number
            rows between unbounded preceding and current row
        ) as session_started_at
    from with_previous

),

sessions as (

    select
        space_id,
        anonymous_id,
        session_started_at,
        max(occurred_at) as session_ended_at,
        count(*) as event_count,
        min(case when has_consent then 1 else 0 end) = 1 as has_consent
    from with_session_start
    group by space_id, anonymous_id, session_started_at

),

final as (

    select
        {{ surrogate_key(['space_id', 'anonymous_id', epoch_microseconds('session_started_at')]) }} as session_id,
        *
    from sessions

)

select * from final
