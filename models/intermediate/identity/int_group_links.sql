{{
    config(
        materialized='incremental',
        incremental_strategy='replace_changed',
        unique_key=['resolution_level', 'key_number'],
        meta={'changed_entities': {'model': 'int_group_changed_keys'}}
    )
}}

with observations as (

    select * from {{ ref('int_group_observations') }}

),

keys as (

    select * from {{ ref('int_group_changed_keys') }}
    where is_linkable

),

neighbours as (

    select
        observations.resolution_level,
        observations.key_type,
        observations.key_number,
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
            and observations.key_number = keys.key_number
    window
        key_in_time as (
            partition by observations.resolution_level, observations.key_number
            order by observations.first_observed_at, observations.person_number
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
