with observations as (

    select * from {{ ref('int_group_observations') }}

),

keys as (

    select * from {{ ref('int_group_keys') }}
    where is_linking

),

ids as (

    select * from {{ ref('int_identity_ids') }}

),

persons_over_limit as (

    select distinct
        resolution_level,
        person_number
    from {{ ref('int_group_limited_values') }}
    where value_count > max_values_per_profile

),

sightings as (

    -- Who alone holds more than a group may is linked with nobody, and stands between nobody.
    select
        observations.resolution_level,
        observations.key_type,
        observations.key_number,
        observations.observed_date,
        observations.first_observed_at,
        observations.person_number,
        ids.anonymous_id,
        keys.window_days
    from observations
    inner join keys
        on
            observations.resolution_level = keys.resolution_level
            and observations.key_number = keys.key_number
    inner join ids on observations.person_number = ids.id_number
    left join persons_over_limit
        on
            observations.resolution_level = persons_over_limit.resolution_level
            and observations.person_number = persons_over_limit.person_number
    where persons_over_limit.person_number is null

),

neighbours as (

    select
        *,
        lag(person_number) over key_in_time as previous_person_number,
        lag(observed_date) over key_in_time as previous_observed_date
    from sightings
    window
        key_in_time as (
            partition by resolution_level, key_number
            -- Not by number where both came at one moment: engines number persons differently.
            order by first_observed_at, anonymous_id
        )

),

final as (

    select
        resolution_level,
        least(person_number, previous_person_number) as person_number_a,
        greatest(person_number, previous_person_number) as person_number_b,
        key_type,
        key_number,
        min(first_observed_at) as linked_at
    from neighbours
    where
        person_number != previous_person_number
        and {{ dbt.datediff('previous_observed_date', 'observed_date', 'day') }} <= window_days
    group by resolution_level, person_number_a, person_number_b, key_type, key_number

)

select * from final
