-- A session holds no pause longer than session_timeout_minutes: a pause between events always starts a session.
with pauses as (

    select
        id_number as visitor_number,
        occurred_at,
        lag(occurred_at) over (partition by id_number order by occurred_at) as previous_occurred_at
    from {{ ref('int_events') }}
    where is_visit and {{ is_of_this_run('id_number') }}

),

long_pauses as (

    select * from pauses
    where occurred_at > {{ dbt.dateadd('minute', var('session_timeout_minutes'), 'previous_occurred_at') }}

)

select long_pauses.*
from long_pauses
left join {{ ref('int_sessions') }} as sessions
    on
        long_pauses.visitor_number = sessions.visitor_number
        and long_pauses.occurred_at = sessions.session_started_at
where sessions.session_id is null
