{{ config(materialized='view') }}

with key_sizes as (

    select * from {{ ref('int_group_key_sizes') }}
    where person_count > 0

),

rules as (

    select * from {{ ref('identity_key_rules') }}
    where is_enabled and window_days is not null

),

thresholds as (

    select * from {{ ref('int_group_key_thresholds') }}

),

home_thresholds as (

    select * from thresholds
    where resolution_level = 'household' and key_type = 'ip_token'

),

blocked_keys as (

    select distinct {{ hash_64(['space_id', 'key_type', 'key_value']) }} as key_number
    from {{ ref('identity_overrides') }}
    where override_type = 'block_key'

),

final as (

    select
        key_sizes.*,
        rules.window_days,
        case
            when blocked_keys.key_number is not null then 'blocked_by_override'
            when key_sizes.window_person_count > rules.max_ids_per_key then 'max_ids_per_key'
            when key_sizes.window_person_count > thresholds.max_ordinary_persons then 'outlier_percentile'
            -- An ip that the household level takes for a home is no office; both levels count the same persons.
            when
                key_sizes.resolution_level = 'organization'
                and key_sizes.key_type = 'ip_token'
                and key_sizes.window_person_count <= home_thresholds.max_ordinary_persons
                then 'home_ip'
        end as drop_reason
    from key_sizes
    inner join rules
        on
            key_sizes.resolution_level = rules.resolution_level
            and key_sizes.key_type = rules.key_type
    left join thresholds
        on
            key_sizes.resolution_level = thresholds.resolution_level
            and key_sizes.space_id = thresholds.space_id
            and key_sizes.key_type = thresholds.key_type
    left join home_thresholds on key_sizes.space_id = home_thresholds.space_id
    left join blocked_keys on key_sizes.key_number = blocked_keys.key_number

)

select * from final
