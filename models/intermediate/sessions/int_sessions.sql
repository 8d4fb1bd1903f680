with events as (

    select * from {{ ref('int_events') }}

),

visitors as (

    -- Windows sort numbers several times faster than ids.
    select
        space_id,
        anonymous_id,
        row_number() over (order by space_id, anonymous_id) as visitor_number
    from events
    group by space_id, anonymous_id

),

visits as (

    select
        visitors.visitor_number,
        events.occurred_at,
        events.has_consent
    from events
    inner join visitors
        on
            events.space_id = visitors.space_id
            and events.anonymous_id = visitors.anonymous_id

),

with_previous as (

    -- Events of one moment are peers: which of them comes first makes no difference below.
    select
        *,
        lag(occurred_at) over (partition by visitor_number order by occurred_at) as previous_occurred_at
    from visits

),

with_session_start as (

    select
        *,
        max(
            case
                when
                    previous_occurred_at is null
                    or occurred_at > {{ dbt.dateadd(
                        'minute', var('session_timeout_minutes'), 'previous_occurred_at'
                    ) }}
                    then occurred_at
            end
        ) over (partition by visitor_number order by occurred_at) as session_started_at
    from with_previous

),

sessions as (

    select
        visitor_number,
        session_started_at,
        max(occurred_at) as session_ended_at,
        count(*) as event_count,
        min(case when has_consent then 1 else 0 end) = 1 as has_consent
    from with_session_start
    group by visitor_number, session_started_at

),

final as (

    select
        {{ surrogate_key([
            'visitors.space_id', 'visitors.anonymous_id', epoch_microseconds('sessions.session_started_at')
        ]) }} as session_id,
        visitors.space_id,
        visitors.anonymous_id,
        sessions.session_started_at,
        sessions.session_ended_at,
        sessions.event_count,
        sessions.has_consent
    from sessions
    inner join visitors on sessions.visitor_number = visitors.visitor_number

)

select * from final
