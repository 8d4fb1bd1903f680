-- An accepted link joins two ids of one person; a refused one names its reason and joins two persons.
with links as (

    select * from {{ ref('identity_links') }}

),

ids as (

    select
        ids.space_id,
        ids.node_id,
        resolved.person_number
    from {{ ref('int_identity_ids') }} as ids
    inner join {{ ref('int_identity_resolved') }} as resolved on ids.id_number = resolved.id_number

)

select
    links.space_id,
    links.anonymous_id_a,
    links.anonymous_id_b,
    links.key_type,
    links.is_accepted,
    links.refusal_reason,
    ids_a.person_number as person_number_a,
    ids_b.person_number as person_number_b
from links
left join ids as ids_a
    on
        links.space_id = ids_a.space_id
        and links.anonymous_id_a = ids_a.node_id
left join ids as ids_b
    on
        links.space_id = ids_b.space_id
        and links.anonymous_id_b = ids_b.node_id
where
    ids_a.node_id is null
    or ids_b.node_id is null
    or links.is_accepted != (ids_a.person_number = ids_b.person_number)
    or links.is_accepted != (links.refusal_reason is null)
