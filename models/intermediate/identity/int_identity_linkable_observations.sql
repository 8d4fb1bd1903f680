{{ config(materialized='view') }}

with observations as (

    select * from {{ ref('int_identity_observations') }}

),

linkable_keys as (

    select * from {{ ref('int_identity_linkable_keys') }}

),

rules as (

    select * from {{ ref('identity_key_rules') }}
    where resolution_level = 'individual' and is_enabled and window_days is not null

),

final as (

    select
        observations.*,
        rules.window_days,
        rules.corroboration,
        rules.min_shared_days
    from observations
    inner join linkable_keys on observations.key_number = linkable_keys.key_number
    inner join rules on observations.key_type = rules.key_type

)

select * from final
