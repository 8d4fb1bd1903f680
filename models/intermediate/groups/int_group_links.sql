with observations as (

    select * from {{ ref('int_group_observations') }}

),

keys as (

    select * from {{ ref('int_group_keys') }}
    where drop_reason is null and person_count > 1

),

sightings as (

    -- Who alone holds more than a group may is linked with nobody, and stands between nobody.
    select observations.*
    from observations
    inner join keys
        on
            observations.resolution_level = keys.resolution_level
            and observations.key_number = keys.key_number
    where not observations.is_over_limit

),

neighbours as (

    select
        *,
        lag(node_number) over key_in_time as previous_node_number,
        lag(observed_date) over key_in_time as previous_observed_date
    from sightings
    window key_in_time as (partition by resolution_level, key_number order by first_observed_at, node_number)

),

final as (

    select
        resolution_level,
        least(node_number, previous_node_number) as node_number_a,
        greatest(node_number, previous_node_number) as node_number_b,
        key_type,
        key_number,
        min(first_observed_at) as linked_at
    from neighbours
    where
        node_number != previous_node_number
        and {{ dbt.datediff('previous_observed_date', 'observed_date', 'day') }} <= window_days
    group by resolution_level, node_number_a, node_number_b, key_type, key_number

)

select * from final
