-- Users holds every anonymous id with an accepted event under consent, no other, and each once.
with consenting_ids as (

    select distinct
        space_id,
        anonymous_id
    from {{ ref('int_events') }}
    where is_observed

),

users as (

    select
        space_id,
        anonymous_id,
        count(*) as row_count
    from {{ ref('users') }}
    group by space_id, anonymous_id

)

select
    consenting_ids.space_id as expected_space_id,
    consenting_ids.anonymous_id as expected_anonymous_id,
    users.space_id,
    users.anonymous_id,
    users.row_count
from consenting_ids
full outer join users
    on
        consenting_ids.space_id = users.space_id
        and consenting_ids.anonymous_id = users.anonymous_id
where
    consenting_ids.anonymous_id is null
    or users.anonymous_id is null
    or users.row_count != 1
