-- The sessions of an id hold exactly its accepted events, but for those that are no visits.
with event_counts as (

    select
        id_number as visitor_number,
        count(*) as event_count,
        min(occurred_at) as first_event_at,
        max(occurred_at) as last_event_at
    from {{ ref('int_events') }}
    where is_visit and {{ is_of_this_run('id_number') }}
    group by id_number

),

session_counts as (

    select
        visitor_number,
        sum(event_count) as event_count,
        min(session_started_at) as first_event_at,
        max(session_ended_at) as last_event_at
    from {{ ref('int_sessions') }}
    where {{ is_of_this_run('visitor_number') }}
    group by visitor_number

)

select
    coalesce(event_counts.visitor_number, session_counts.visitor_number) as visitor_number,
    event_counts.event_count,
    session_counts.event_count as event_count_of_sessions
from event_counts
full outer join session_counts on event_counts.visitor_number = session_counts.visitor_number
where
    coalesce(event_counts.event_count, 0) != coalesce(session_counts.event_count, 0)
    or event_counts.first_event_at != session_counts.first_event_at
    or event_counts.last_event_at != session_counts.last_event_at
