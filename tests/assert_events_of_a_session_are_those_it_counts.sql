-- The mart events names each session with just as many events as the session counts, and with its person.
{{ config(enabled=('events' in var('optional_marts'))) }}

with named as (

    select
        session_id,
        count(*) as event_count,
        min(universal_id) as first_universal_id,
        max(universal_id) as last_universal_id
    from {{ ref('events') }}
    where session_id is not null
    group by session_id

)

select
    sessions.session_id,
    sessions.universal_id,
    sessions.event_count,
    named.event_count as named_event_count,
    named.first_universal_id,
    named.last_universal_id
from {{ ref('sessions') }} as sessions
full outer join named on sessions.session_id = named.session_id
where
    coalesce(sessions.event_count, 0) != coalesce(named.event_count, 0)
    or sessions.universal_id != named.first_universal_id
    or sessions.universal_id != named.last_universal_id
