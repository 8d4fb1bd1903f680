-- The sessions of an id never overlap, and the pause between two of them is longer than session_timeout_minutes, unless another
-- user logged in.
with sessions as (

    select
        session_id,
        space_id,
        anonymous_id,
        node_id,
        session_started_at,
        lag(node_id) over (
            partition by space_id, anonymous_id
            order by session_started_at, session_id
        ) as previous_node_id,
        lag(session_ended_at) over (
            partition by space_id, anonymous_id
            order by session_started_at, session_id
        ) as previous_session_ended_at
    from {{ ref('sessions') }}
    where {{ is_of_this_run('node_id') }}

)

select *
from sessions
where
    session_started_at < previous_session_ended_at
    or (
        node_id = previous_node_id
        and session_started_at <= {{ dbt.dateadd('minute', var('session_timeout_minutes'), 'previous_session_ended_at') }}
    )
