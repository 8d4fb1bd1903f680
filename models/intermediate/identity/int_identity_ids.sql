with events as (

    select * from {{ ref('int_events') }}
    where has_consent

),

ids as (

    select
        space_id,
        anonymous_id,
        min(occurred_at) as first_visit_at,
        max(occurred_at) as last_seen_at,
        count(*) as event_count
    from events
    group by space_id, anonymous_id

),

final as (

    select
        -- Numbered by first visit, so that the smallest number of a component is its anchor.
        row_number() over (order by first_visit_at, anonymous_id, space_id) as id_number,
        space_id,
        anonymous_id,
        first_visit_at,
        last_seen_at,
        event_count
    from ids

)

select * from final
