-- The sessions of an id never overlap, those of one user of it share no moment, and the pause between two of them is longer than
-- session_timeout_minutes, unless another user logged in.
with sessions as (

    select
        session_id,
        space_id,
        anonymous_id,
        node_id,
        session_started_at,
        session_ended_at,
        count(*) over (partition by space_id, anonymous_id, session_started_at) as session_count
    from {{ ref('sessions') }}
    where {{ is_of_this_run('node_id') }}

),

with_previous as (

    select
        *,
        lag(node_id) over in_order as previous_node_id,
        lag(session_count) over in_order as previous_session_count,
        lag(session_ended_at) over in_order as previous_session_ended_at,
        lag(session_ended_at) over (
            partition by space_id, anonymous_id, node_id order by session_started_at, session_ended_at, session_id
        ) as previous_session_of_user_ended_at
    from sessions
    window in_order as (partition by space_id, anonymous_id order by session_started_at, session_ended_at, session_id)

)

select *
from with_previous
where
    session_started_at < previous_session_ended_at
    or session_started_at <= previous_session_of_user_ended_at
    or (
        node_id = previous_node_id
        -- Of users who are there at one and the same moment none comes first.
        and session_count = 1
        and previous_session_count = 1
        and session_started_at <= {{ dbt.dateadd('minute', var('session_timeout_minutes'), 'previous_session_ended_at') }}
    )
