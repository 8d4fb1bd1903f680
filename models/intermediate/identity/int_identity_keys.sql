with observations as (

    select * from {{ ref('int_identity_observations') }}

),

rules as (

    select * from {{ ref('identity_key_rules') }}
    where resolution_level = 'individual' and is_enabled and window_days is not null

),

blocked_keys as (

    select distinct
        space_id,
        key_type,
        key_value
    from {{ ref('identity_overrides') }}
    where override_type = 'block_key'

),

keys as (

    select
        space_id,
        key_type,
        key_value,
        count(distinct id_number) as id_count,
        min(first_observed_at) as first_observed_at,
        max(last_observed_at) as last_observed_at
    from observations
    group by space_id, key_type, key_value

),

cumulated_key_sizes as (

    select
        space_id,
        key_type,
        id_count,
        sum(count(*)) over (partition by space_id, key_type order by id_count) as keys_up_to_size,
        sum(count(*)) over (partition by space_id, key_type) as all_keys
    from keys
    group by space_id, key_type, id_count

),

outlier_thresholds as (

    select
        cumulated_key_sizes.space_id,
        cumulated_key_sizes.key_type,
        greatest(
            min(cumulated_key_sizes.id_count),
            coalesce(max(rules.outlier_floor_ids), 10)
        ) as max_ordinary_ids
    from cumulated_key_sizes
    inner join rules on cumulated_key_sizes.key_type = rules.key_type
    where cumulated_key_sizes.keys_up_to_size >= rules.outlier_percentile * cumulated_key_sizes.all_keys
    group by cumulated_key_sizes.space_id, cumulated_key_sizes.key_type

),

final as (

    select
        keys.*,
        outlier_thresholds.max_ordinary_ids,
        case
            when blocked_keys.key_value is not null then 'blocked_by_override'
            when keys.id_count > rules.max_ids_per_key then 'max_ids_per_key'
            when keys.id_count > outlier_thresholds.max_ordinary_ids then 'outlier_percentile'
        end as drop_reason
    from keys
    inner join rules on keys.key_type = rules.key_type
    left join outlier_thresholds
        on
            keys.space_id = outlier_thresholds.space_id
            and keys.key_type = outlier_thresholds.key_type
    left join blocked_keys
        on
            keys.space_id = blocked_keys.space_id
            and keys.key_type = blocked_keys.key_type
            and keys.key_value = blocked_keys.key_value

)

select * from final
