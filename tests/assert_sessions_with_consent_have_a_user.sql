-- A session with consent names the person that its id belongs to, unless the graph may no longer see what it rests on.
{% set observed_since = retention_cutoff(['events', 'observations']) %}

with sessions as (

    select * from {{ ref('sessions') }}
    where has_consent and {{ is_of_this_run('node_id') }} {{ 'and session_ended_at >= ' ~ observed_since if observed_since }}

),

ids as (

    select
        ids.space_id,
        ids.node_id,
        anchors.node_id as universal_id
    from {{ ref('int_identity_ids') }} as ids
    inner join {{ ref('int_identity_resolved') }} as resolved on ids.id_number = resolved.id_number
    inner join {{ ref('int_identity_ids') }} as anchors on resolved.person_number = anchors.id_number

)

select
    sessions.session_id,
    sessions.space_id,
    sessions.node_id,
    sessions.universal_id
from sessions
left join ids
    on
        sessions.space_id = ids.space_id
        and sessions.node_id = ids.node_id
        and sessions.universal_id = ids.universal_id
where ids.node_id is null
