with key_sizes as (

    select * from {{ ref('int_identity_key_sizes') }}

),

rules as (

    select * from {{ ref('identity_key_rules') }}
    where resolution_level = 'individual' and is_enabled and window_days is not null

),

blocked_keys as (

    select * from {{ ref('int_identity_overrides') }}
    where override_type = 'block_key'

),

cumulated_key_sizes as (

    select
        space_id,
        key_type,
        window_id_count,
        sum(count(*)) over (partition by space_id, key_type order by window_id_count) as keys_up_to_size,
        sum(count(*)) over (partition by space_id, key_type) as all_keys
    from key_sizes
    group by space_id, key_type, window_id_count

),

thresholds as (

    select
        cumulated_key_sizes.space_id,
        cumulated_key_sizes.key_type,
        greatest(
            min(cumulated_key_sizes.window_id_count),
            coalesce(max(rules.outlier_floor_ids), 10)
        ) as max_ordinary_ids
    from cumulated_key_sizes
    inner join rules on cumulated_key_sizes.key_type = rules.key_type
    where
        -- mutual_best bounds itself: a crowd has no best partner.
        rules.corroboration is null
        -- Rounded, because 0.56 * 25 is more than 14 in floating point.
        and cumulated_key_sizes.keys_up_to_size >= round(rules.outlier_percentile * cumulated_key_sizes.all_keys, 6)
    group by cumulated_key_sizes.space_id, cumulated_key_sizes.key_type

),

judged_keys as (

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

),

final as (

    select
        *,
        -- A key seen with one id links nothing.
        drop_reason is null and id_count > 1 as is_linking
    from judged_keys

)

select * from final
