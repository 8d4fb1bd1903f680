-- An accepted link joins two ids of one person; a refused one names its reason and joins two persons.
with links as (

    select * from {{ ref('identity_links') }}

),

users as (

    select * from {{ ref('users') }}

)

select
    links.space_id,
    links.anonymous_id_a,
    links.anonymous_id_b,
    links.key_type,
    links.is_accepted,
    links.refusal_reason,
    users_a.universal_id as universal_id_a,
    users_b.universal_id as universal_id_b
from links
left join users as users_a
    on
        links.space_id = users_a.space_id
        and links.anonymous_id_a = users_a.anonymous_id
left join users as users_b
    on
        links.space_id = users_b.space_id
        and links.anonymous_id_b = users_b.anonymous_id
where
    users_a.anonymous_id is null
    or users_b.anonymous_id is null
    or links.is_accepted != (users_a.universal_id = users_b.universal_id)
    or links.is_accepted != (links.refusal_reason is null)
