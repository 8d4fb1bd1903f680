-- The history of each id begins with its first event and ends in the person that users names; of an id that several users
-- shared, in one of them.
with users as (

    select * from {{ ref('users') }}
    where {{ is_of_this_run('anonymous_id') }}

),

history as (

    select
        space_id,
        anonymous_id,
        min(valid_from_at) as first_valid_from_at,
        max(case when is_current then universal_id end) as current_universal_id,
        sum(case when is_current then 1 else 0 end) as current_count
    from {{ ref('users_history') }}
    where {{ is_of_this_run('anonymous_id') }}
    group by space_id, anonymous_id

)

select
    users.space_id as expected_space_id,
    users.anonymous_id as expected_anonymous_id,
    users.universal_id as expected_universal_id,
    users.first_seen_at,
    history.*
from users
full outer join history
    on
        users.space_id = history.space_id
        and users.anonymous_id = history.anonymous_id
where
    users.anonymous_id is null
    or history.anonymous_id is null
    or history.current_count != 1
    or (not users.is_shared and history.current_universal_id != users.universal_id)
    or (
        users.is_shared
        and not exists (
            select 1
            from {{ ref('shared_devices') }} as shared_devices
            where
                users.space_id = shared_devices.space_id
                and users.anonymous_id = shared_devices.anonymous_id
                and history.current_universal_id = shared_devices.universal_id
        )
    )
    or history.first_valid_from_at != users.first_seen_at
