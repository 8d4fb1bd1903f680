{{ config(materialized='view') }}

-- The observations of keys seen with more than one id, and of accounts, in words instead of numbers.
with observations as (

    select * from {{ ref('int_identity_observations') }}

),

ids as (

    select * from {{ ref('int_identity_ids') }}

),

key_values as (

    select * from {{ ref('int_identity_key_values') }}

),

final as (

    select
        ids.space_id,
        ids.anonymous_id,
        observations.key_type,
        key_values.key_value,
        observations.observed_date,
        observations.first_observed_at,
        observations.last_observed_at,
        observations.event_count,
        observations.id_number,
        observations.key_number
    from observations
    inner join ids on observations.id_number = ids.id_number
    inner join key_values on observations.key_number = key_values.key_number

)

select * from final
