-- How many persons an ordinary key is shared by, for the key types that say so by a percentile.
with key_sizes as (

    select * from {{ ref('int_group_key_sizes') }}
    where person_count > 0

),

rules as (

    select * from {{ ref('identity_key_rules') }}
    where is_enabled and outlier_percentile is not null

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

final as (

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
    group by
        cumulated_key_sizes.resolution_level,
        cumulated_key_sizes.space_id,
        cumulated_key_sizes.key_type

)

select * from final
