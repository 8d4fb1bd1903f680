-- The ranges of an id follow on each other without a gap or an overlap; only the last one is open, and it is current.
with ranges as (

    select
        space_id,
        anonymous_id,
        valid_from_at,
        valid_to_at,
        is_current,
        lead(valid_from_at) over (
            partition by space_id, anonymous_id
            order by valid_from_at, valid_to_at
        ) as next_valid_from_at
    from {{ ref('users_history') }}
    where {{ is_of_this_run('anonymous_id') }}

)

select *
from ranges
where
    valid_to_at <= valid_from_at
    or is_current != (valid_to_at is null)
    or coalesce(valid_to_at != next_valid_from_at, false)
    or (valid_to_at is null) != (next_valid_from_at is null)
