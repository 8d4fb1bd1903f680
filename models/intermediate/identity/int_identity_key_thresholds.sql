-- How many ids an ordinary key is shared by, for the key types that say so by a percentile.
with key_sizes as (

    select * from {{ ref('int_identity_key_sizes') }}
    where id_count > 0

),

rules as (

    select * from {{ ref('identity_key_rules') }}
    where
        resolution_level = 'individual'
        and is_enabled
        and outlier_percentile is not null
        -- mutual_best bounds itself: a crowd has no best partner.
        and corroboration is null

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

final as (

    select
        cumulated_key_sizes.space_id,
        cumulated_key_sizes.key_type,
        greatest(
            min(cumulated_key_sizes.window_id_count),
            coalesce(max(rules.outlier_floor_ids), 10)
        ) as max_ordinary_ids
    from cumulated_key_sizes
    inner join rules on cumulated_key_sizes.key_type = rules.key_type
    -- Rounded, because 0.56 * 25 is more than 14 in floating point.
    where cumulated_key_sizes.keys_up_to_size >= round(rules.outlier_percentile * cumulated_key_sizes.all_keys, 6)
    group by cumulated_key_sizes.space_id, cumulated_key_sizes.key_type

)

select * from final
