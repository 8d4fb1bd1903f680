-- The component size of an id is the number of ids that share its person, and the anchor is the one that visited first; where
-- nobody visited, the one seen first. Of an id that several users shared, each counts as one.
with ids as (

    select
        ids.*,
        resolved.person_number,
        resolved.component_size
    from {{ ref('int_identity_ids') }} as ids
    inner join {{ ref('int_identity_resolved') }} as resolved on ids.id_number = resolved.id_number

),

persons as (

    select
        person_number,
        count(*) as member_count,
        coalesce(min(first_visit_at), min(first_seen_at)) as first_visit_at,
        max(case when id_number = person_number then coalesce(first_visit_at, first_seen_at) end) as anchor_first_visit_at
    from ids
    group by person_number

)

select
    ids.space_id,
    ids.node_id,
    ids.component_size,
    persons.*
from ids
inner join persons on ids.person_number = persons.person_number
where
    ids.component_size != persons.member_count
    or persons.anchor_first_visit_at is null
    or persons.anchor_first_visit_at != persons.first_visit_at
