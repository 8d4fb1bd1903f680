{{ config(materialized='view') }}

with linking_keys as (

    select * from {{ ref('int_identity_keys') }}
    where drop_reason is null and id_count > 1

),

rules as (

    select * from {{ ref('identity_key_rules') }}
    where resolution_level = 'individual' and is_enabled and window_days is not null

),

records as (

    select * from {{ ref('int_records') }}

),

recorded_keys as (

    -- A record in force is evidence of today, whatever its date: what its last version names stands as long as it does.
    select distinct observations.key_number
    from {{ ref('int_identity_observations') }} as observations
    inner join records
        on
            observations.id_number = records.id_number
            and records.updated_at between observations.first_observed_at and observations.last_observed_at

),

final as (

    select
        observations.*,
        case when recorded_keys.key_number is null then rules.window_days else 36500 end as window_days,
        rules.corroboration,
        rules.min_shared_days
    from {{ ref('int_identity_observations') }} as observations
    inner join linking_keys on observations.key_number = linking_keys.key_number
    inner join rules on observations.key_type = rules.key_type
    left join recorded_keys on observations.key_number = recorded_keys.key_number

)

select * from final
