{{ config(materialized='view') }}

with observations as (

    select * from {{ ref('int_identity_observations') }}

),

keys as (

    -- A key seen with one id links nothing.
    select * from {{ ref('int_identity_keys') }}
    where drop_reason is null and id_count > 1

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
    inner join keys
        on
            observations.space_id = keys.space_id
            and observations.key_type = keys.key_type
            and observations.key_value = keys.key_value
    inner join rules on observations.key_type = rules.key_type

)

select * from final
