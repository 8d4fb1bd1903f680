with key_sizes as (

    select * from {{ ref('int_group_key_sizes') }}

),

rules as (

    select * from {{ ref('identity_key_rules') }}
    where is_enabled and window_days is not null

),

blocked_keys as (

    select * from {{ ref('int_identity_overrides') }}
    where override_type = 'block_key'

),

cumulated_key_sizes as (

    select
        resolution_level,
        space_id,
        key_type,
        window_person_count,
        sum(count(*)) over (
            partition by resolution_level, space_id, key_type order by window_person_count
        ) as keys_up_to_size,
        sum(count(*)) over (partition by resolution_level, space_id, key_type) as all_keys
    from key_sizes
    group by resolution_level, space_id, key_type, window_person_count

),

thresholds as (

    select
        cumulated_key_sizes.resolution_level,
        cumulated_key_sizes.space_id,
        cumulated_key_sizes.key_type,
        greatest(
            min(cumulated_key_sizes.window_person_count),
            coalesce(max(rules.outlier_floor_ids), 10)
        ) as max_ordinary_persons
    from cumulated_key_sizes
    inner join rules
        on
            cumulated_key_sizes.resolution_level = rules.resolution_level
            and cumulated_key_sizes.key_type = rules.key_type
    -- Rounded, because 0.56 * 25 is more than 14 in floating point.
    where cumulated_key_sizes.keys_up_to_size >= round(rules.outlier_percentile * cumulated_key_sizes.all_keys, 6)
    group by cumulated_key_sizes.resolution_level, cumulated_key_sizes.space_id, cumulated_key_sizes.key_type

),

judged_keys as (

    select
        key_sizes.*,
        rules.window_days,
        rules.priority,
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
    left join thresholds as home_thresholds
        on
            key_sizes.space_id = home_thresholds.space_id
            and home_thresholds.resolution_level = 'household'
            and home_thresholds.key_type = 'ip_token'
    left join blocked_keys on key_sizes.key_number = blocked_keys.key_number

),

final as (

    select
        *,
        -- A key seen with one person at a time links nothing.
        drop_reason is null and window_person_count > 1 as is_linking
    from judged_keys

)

select * from final
