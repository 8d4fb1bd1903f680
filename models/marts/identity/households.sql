with users as (

    select * from {{ ref('users') }}

),

final as (

    select
        space_id,
        household_id,
        count(distinct universal_id) as person_count,
        count(*) as id_count,
        coalesce(min(case when has_visits then first_visit_at end), min(first_visit_at)) as first_visit_at,
        max(last_seen_at) as last_seen_at
    from users
    group by space_id, household_id

)

select * from final
