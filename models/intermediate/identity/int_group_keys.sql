with observations as (

    select * from {{ ref('int_group_observations') }}

),

rules as (

    select * from {{ ref('identity_key_rules') }}

),

blocked_keys as (

    select distinct {{ hash_64(['space_id', 'key_type', 'key_value']) }} as key_number
    from {{ ref('identity_overrides') }}
    where override_type = 'block_key'

),

keys as (

    select
        resolution_level,
        space_id,
        key_type,
        key_number,
        count(distinct person_number) as person_count
    from observations
    group by resolution_level, space_id, key_type, key_number

),

cumulated_key_sizes as (

    select
        resolution_level,
        space_id,
        key_type,
        person_count,
        sum(count(*)) over (
            partition by resolution_level, space_id, key_type order by person_count
        ) as keys_up_to_size,
        sum(count(*)) over (partition by resolution_level, space_id, key_type) as all_keys
    from keys
    group by resolution_level, space_id, key_type, person_count

),

outlier_thresholds as (

    select
        cumulated_key_sizes.resolution_level,
        cumulated_key_sizes.space_id,
        cumulated_key_sizes.key_type,
        greatest(
            min(cumulated_key_sizes.person_count),
            coalesce(max(rules.outlier_floor_ids), 10)
        ) as max_ordinary_persons
    from cumulated_key_sizes
    inner join rules
        on
            cumulated_key_sizes.resolution_level = rules.resolution_level
            and cumulated_key_sizes.key_type = rules.key_type
    where cumulated_key_sizes.keys_up_to_size >= rules.outlier_percentile * cumulated_key_sizes.all_keys
    group by
        cumulated_key_sizes.resolution_level,
        cumulated_key_sizes.space_id,
        cumulated_key_sizes.key_type

),

home_ips as (

    -- An ip that the household level takes for a home is no office.
    select keys.key_number
    from keys
    inner join outlier_thresholds
        on
            keys.resolution_level = outlier_thresholds.resolution_level
            and keys.space_id = outlier_thresholds.space_id
            and keys.key_type = outlier_thresholds.key_type
    where
        keys.resolution_level = 'household'
        and keys.key_type = 'ip_token'
        and keys.person_count <= outlier_thresholds.max_ordinary_persons

),

final as (

    select
        keys.*,
        rules.window_days,
        case
            when blocked_keys.key_number is not null then 'blocked_by_override'
            when keys.person_count > rules.max_ids_per_key then 'max_ids_per_key'
            when keys.person_count > outlier_thresholds.max_ordinary_persons then 'outlier_percentile'
            when
                keys.resolution_level = 'organization'
                and keys.key_type = 'ip_token'
                and home_ips.key_number is not null
                then 'home_ip'
        end as drop_reason
    from keys
    inner join rules
        on
            keys.resolution_level = rules.resolution_level
            and keys.key_type = rules.key_type
    left join outlier_thresholds
        on
            keys.resolution_level = outlier_thresholds.resolution_level
            and keys.space_id = outlier_thresholds.space_id
            and keys.key_type = outlier_thresholds.key_type
    left join blocked_keys on keys.key_number = blocked_keys.key_number
    left join home_ips on keys.key_number = home_ips.key_number

)

select * from final
