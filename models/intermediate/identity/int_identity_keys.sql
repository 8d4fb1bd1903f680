{{ config(materialized='view') }}

with key_sizes as (

    select * from {{ ref('int_identity_key_sizes') }}
    where id_count > 0

),

rules as (

    select * from {{ ref('identity_key_rules') }}
    where resolution_level = 'individual' and is_enabled and window_days is not null

),

thresholds as (

    select * from {{ ref('int_identity_key_thresholds') }}

),

blocked_keys as (

    select distinct {{ hash_64(['space_id', 'key_type', 'key_value']) }} as key_number
    from {{ ref('identity_overrides') }}
    where override_type = 'block_key'

),

final as (

    select
        key_sizes.*,
        thresholds.max_ordinary_ids,
        case
            when blocked_keys.key_number is not null then 'blocked_by_override'
            when key_sizes.window_id_count > rules.max_ids_per_key then 'max_ids_per_key'
            when key_sizes.window_id_count > thresholds.max_ordinary_ids then 'outlier_percentile'
        end as drop_reason
    from key_sizes
    inner join rules on key_sizes.key_type = rules.key_type
    left join thresholds
        on
            key_sizes.space_id = thresholds.space_id
            and key_sizes.key_type = thresholds.key_type
    left join blocked_keys on key_sizes.key_number = blocked_keys.key_number

)

select * from final
