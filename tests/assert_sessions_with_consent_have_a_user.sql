-- A session with consent names the person that its id belongs to, unless the graph may no longer see what it rests on.
{% set observed_since = retention_cutoff('observations') %}

with sessions as (

    select * from {{ ref('sessions') }}
    where has_consent {{ 'and session_ended_at >= ' ~ observed_since if observed_since }}

),

users as (

    select * from {{ ref('users') }}

)

select
    sessions.session_id,
    sessions.space_id,
    sessions.anonymous_id,
    sessions.universal_id
from sessions
left join users
    on
        sessions.space_id = users.space_id
        and sessions.anonymous_id = users.anonymous_id
        and sessions.universal_id = users.universal_id
where users.anonymous_id is null
