-- A session holds no pause longer than session_timeout_minutes: a pause between events always starts a session.
with pauses as (

    select
        space_id,
        anonymous_id,
        occurred_at,
        lag(occurred_at) over (
            partition by space_id, anonymous_id
            order by occurred_at, event_id, source_name
        ) as previous_occurred_at
    from {{ ref('int_events') }}
    where is_visit

),

long_pauses as (

    select * from pauses
    where occurred_at > {{ dbt.dateadd('minute', var('session_timeout_minutes'), 'previous_occurred_at') }}

)

select long_pauses.*
from long_pauses
left join {{ ref('int_sessions') }} as sessions
    on
        long_pauses.space_id = sessions.space_id
        and long_pauses.anonymous_id = sessions.anonymous_id
        and long_pauses.occurred_at = sessions.session_started_at
where sessions.session_id is null
