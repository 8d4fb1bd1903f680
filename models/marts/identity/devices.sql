with events as (

    select * from {{ ref('int_events') }}
    where has_consent and device_id is not null

),

users as (

    select * from {{ ref('users') }}

),

final as (

    select
        events.space_id,
        events.device_id,
        count(distinct users.universal_id) as person_count,
        count(distinct users.anonymous_id) as id_count,
        count(*) as event_count,
        min(events.occurred_at) as first_seen_at,
        max(events.occurred_at) as last_seen_at
    from events
    inner join users
        on
            events.space_id = users.space_id
            and events.anonymous_id = users.anonymous_id
    group by events.space_id, events.device_id

)

select * from final
