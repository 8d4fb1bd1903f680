-- The component size of an id is the number of ids that share its universal_id, and the anchor is the one that visited first; where
-- nobody visited, the one seen first.
with users as (

    select * from {{ ref('users') }}

),

persons as (

    select
        space_id,
        universal_id,
        count(*) as member_count,
        coalesce(min(case when has_visits then first_visit_at end), min(first_visit_at)) as first_visit_at,
        max(case when anonymous_id = universal_id then first_visit_at end) as anchor_first_visit_at
    from users
    group by space_id, universal_id

)

select
    users.space_id,
    users.anonymous_id,
    users.universal_id,
    users.component_size,
    persons.member_count,
    persons.first_visit_at,
    persons.anchor_first_visit_at
from users
inner join persons
    on
        users.space_id = persons.space_id
        and users.universal_id = persons.universal_id
where
    users.component_size != persons.member_count
    or persons.anchor_first_visit_at is null
    or persons.anchor_first_visit_at != persons.first_visit_at
