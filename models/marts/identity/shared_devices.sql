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

final as (

    select
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
        row_number() over (
            partition by ids.visitor_number
            order by
                coalesce(sessions.session_count, 0) desc,
                coalesce(sessions.last_session_started_at, ids.last_seen_at) desc,
                ids.node_id asc
        ) = 1 as is_main_user
    from shared_ids
    inner join ids on shared_ids.id_number = ids.id_number
    inner join {{ ref('int_identity_resolved') }} as resolved on ids.id_number = resolved.id_number
    inner join ids as anchors on resolved.person_number = anchors.id_number
    left join sessions on ids.id_number = sessions.id_number

)

select * from final
