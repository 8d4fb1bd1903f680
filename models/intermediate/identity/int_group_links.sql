with observations as (

    select * from {{ ref('int_group_observations') }}

),

keys as (

    select * from {{ ref('int_group_keys') }}
    where drop_reason is null and person_count > 1

),

neighbours as (

    select
        observations.resolution_level,
        observations.space_id,
        observations.key_type,
        observations.key_value,
        observations.observed_date,
        observations.first_observed_at,
        observations.person_number,
        keys.window_days,
        lag(observations.person_number) over key_in_time as previous_person_number,
        lag(observations.observed_date) over key_in_time as previous_observed_date
    from observations
    inner join keys
        on
            observations.resolution_level = keys.resolution_level
            and observations.space_id = keys.space_id
            and observations.key_type = keys.key_type
            and observations.key_value = keys.key_value
    window
        key_in_time as (
            partition by
                observations.resolution_level, observations.space_id, observations.key_type, observations.key_value
            order by observations.observed_date, observations.first_observed_at, observations.person_number
        )

),

final as (

    select
        resolution_level,
        space_id,
        least(person_number, previous_person_number) as person_number_a,
        greatest(person_number, previous_person_number) as person_number_b,
        key_type,
        key_value,
        min(first_observed_at) as linked_at
    from neighbours
    where
        person_number != previous_person_number
        and {{ dbt.datediff('previous_observed_date', 'observed_date', 'day') }} <= window_days
    group by resolution_level, space_id, person_number_a, person_number_b, key_type, key_value

)

select * from final
