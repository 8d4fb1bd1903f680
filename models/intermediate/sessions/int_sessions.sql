with events as (

    select * from {{ ref('int_events') }}

),

numbered as (

    select
        space_id,
        anonymous_id,
        occurred_at,
        lag(occurred_at) over visit as previous_occurred_at,
        lead(occurred_at) over visit is null as is_last,
        row_number() over visit as event_number,
        case when has_consent then 0 else 1 end as refused_count,
        sum(case when has_consent then 0 else 1 end) over visit as refused_so_far
    from events
    window visit as (partition by space_id, anonymous_id order by occurred_at, event_id, source_name)

),

with_starts as (

    select
        *,
        previous_occurred_at is null
        or occurred_at > {{ dbt.dateadd('minute', var('session_timeout_minutes'), 'previous_occurred_at') }} as is_start
    from numbered

),

boundaries as (

    -- From here on only the rows that start a session, and the last row of each id: counts are differences of numbers.
    select
        *,
        lead(is_start) over visit as is_next_start,
        lead(occurred_at) over visit as next_occurred_at,
        lead(previous_occurred_at) over visit as next_previous_occurred_at,
        lead(event_number) over visit as next_event_number,
        lead(refused_count) over visit as next_refused_count,
        lead(refused_so_far) over visit as next_refused_so_far
    from with_starts
    where is_start or is_last
    window visit as (partition by space_id, anonymous_id order by event_number)

),

sessions as (

    select
        space_id,
        anonymous_id,
        occurred_at as session_started_at,
        case
            when is_next_start is null then occurred_at
            when is_next_start then next_previous_occurred_at
            else next_occurred_at
        end as session_ended_at,
        case
            when is_next_start is null then 1
            when is_next_start then next_event_number - event_number
            else next_event_number - event_number + 1
        end as event_count,
        refused_count + case
            when is_next_start is null then 0
            when is_next_start then next_refused_so_far - next_refused_count - refused_so_far
            else next_refused_so_far - refused_so_far
        end = 0 as has_consent
    from boundaries
    where is_start

),

final as (

    select
        {{ surrogate_key(['space_id', 'anonymous_id', epoch_microseconds('session_started_at')]) }} as session_id,
        *
    from sessions

)

select * from final
