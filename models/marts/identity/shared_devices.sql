with shared_ids as (

    select distinct
        id_number,
        user_id,
        account_id
    from {{ ref('int_shared_events') }}

),

ids as (

    select * from {{ ref('int_identity_ids') }}

),

sessions as (

    select
        sessions.id_number,
        count(*) as session_count,
        max(sessions.session_started_at) as last_session_started_at
    from {{ ref('int_sessions') }} as sessions
    inner join shared_ids on sessions.id_number = shared_ids.id_number
    where sessions.has_consent
    group by sessions.id_number

),

with_sessions as (

    -- Users of one id may be one person.
    select
        ids.visitor_number,
        ids.space_id,
        ids.anonymous_id,
        ids.node_id,
        shared_ids.user_id,
        shared_ids.account_id,
        anchors.node_id as universal_id,
        ids.first_seen_at,
        ids.first_visit_at,
        ids.last_seen_at,
        ids.event_count,
        coalesce(sessions.session_count, 0) as session_count,
        coalesce(sessions.last_session_started_at, ids.last_seen_at) as last_there_at,
        sum(coalesce(sessions.session_count, 0)) over person_of_id as session_count_of_person,
        max(coalesce(sessions.last_session_started_at, ids.last_seen_at)) over person_of_id as person_last_there_at
    from shared_ids
    inner join ids on shared_ids.id_number = ids.id_number
    inner join {{ ref('int_identity_resolved') }} as resolved on ids.id_number = resolved.id_number
    inner join ids as anchors on resolved.person_number = anchors.id_number
    left join sessions on ids.id_number = sessions.id_number
    window person_of_id as (partition by ids.visitor_number, resolved.person_number)

),

final as (

    select
        {{ all_but(['visitor_number', 'last_there_at', 'session_count_of_person', 'person_last_there_at']) }},
        row_number() over (
            partition by visitor_number
            order by session_count_of_person desc, person_last_there_at desc, session_count desc, last_there_at desc, node_id asc
        ) = 1 as is_main_user
    from with_sessions

)

select * from final
