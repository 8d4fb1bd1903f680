-- The sessions of an id hold exactly its accepted events, but for those that are no visits.
with event_counts as (

    select
        space_id,
        anonymous_id,
        count(*) as event_count,
        min(occurred_at) as first_event_at,
        max(occurred_at) as last_event_at
    from {{ ref('int_events') }}
    where is_visit
    group by space_id, anonymous_id

),

session_counts as (

    select
        space_id,
        anonymous_id,
        sum(event_count) as event_count,
        min(session_started_at) as first_event_at,
        max(session_ended_at) as last_event_at
    from {{ ref('int_sessions') }}
    group by space_id, anonymous_id

)

select
    coalesce(event_counts.space_id, session_counts.space_id) as space_id,
    coalesce(event_counts.anonymous_id, session_counts.anonymous_id) as anonymous_id,
    event_counts.event_count,
    session_counts.event_count as event_count_of_sessions
from event_counts
full outer join session_counts
    on
        event_counts.space_id = session_counts.space_id
        and event_counts.anonymous_id = session_counts.anonymous_id
where
    coalesce(event_counts.event_count, 0) != coalesce(session_counts.event_count, 0)
    or event_counts.first_event_at != session_counts.first_event_at
    or event_counts.last_event_at != session_counts.last_event_at
