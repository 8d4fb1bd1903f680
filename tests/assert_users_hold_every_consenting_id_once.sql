-- Users holds every anonymous id with an accepted event under consent, no other, and each once.
with consenting_ids as (

    select distinct id_number
    from {{ ref('int_events') }}
    where is_observed and {{ is_of_this_run('id_number') }}

),

numbered_users as (

    select {{ hash_64(['space_id', 'anonymous_id']) }} as id_number
    from {{ ref('users') }}

),

users as (

    select
        id_number,
        count(*) as row_count
    from numbered_users
    where {{ is_of_this_run('id_number') }}
    group by id_number

)

select
    consenting_ids.id_number as expected_id_number,
    users.id_number,
    users.row_count
from consenting_ids
full outer join users on consenting_ids.id_number = users.id_number
where
    consenting_ids.id_number is null
    or users.id_number is null
    or users.row_count != 1
