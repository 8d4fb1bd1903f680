with rules as (

    select * from {{ ref('identity_key_rules') }}
    where resolution_level = 'individual' and is_enabled and window_days is not null

),

blocked_keys as (

    select distinct {{ hash_64(['space_id', 'key_type', 'key_value']) }} as key_number
    from {{ ref('identity_overrides') }}
    where override_type = 'block_key'

),

ids_of_keys as (

    select
        key_number,
        key_type,
        id_number,
        min(first_observed_at) as first_observed_at,
        max(last_observed_at) as last_observed_at
    from {{ ref('int_identity_observations') }}
    group by key_number, key_type, id_number

),

sizes as (

    select
        ids_of_keys.key_number,
        ids_of_keys.key_type,
        {{ dbt.any_value('ids.space_id') }} as space_id,
        count(*) as id_count,
        min(ids_of_keys.first_observed_at) as first_observed_at,
        max(ids_of_keys.last_observed_at) as last_observed_at
    from ids_of_keys
    inner join {{ ref('int_identity_ids') }} as ids on ids_of_keys.id_number = ids.id_number
    group by ids_of_keys.key_number, ids_of_keys.key_type

),

sightings as (

    -- Where a key is seen with one id, or within one window only, all its ids are in that window.
    select
        observations.key_number,
        observations.id_number,
        observations.observed_date,
        rules.window_days
    from {{ ref('int_identity_observations') }} as observations
    inner join sizes on observations.key_number = sizes.key_number
    inner join rules on sizes.key_type = rules.key_type
    where sizes.id_count > 1 and {{ dbt.datediff('sizes.first_observed_at', 'sizes.last_observed_at', 'day') }} > rules.window_days

),

window_sizes as (

    {{ largest_in_window('sightings', ['key_number'], 'id_number') }}

),

sizes_in_windows as (

    select
        sizes.*,
        coalesce(window_sizes.member_count, sizes.id_count) as window_id_count
    from sizes
    left join window_sizes on sizes.key_number = window_sizes.key_number

),

cumulated_sizes as (

    select
        space_id,
        key_type,
        window_id_count,
        sum(count(*)) over (partition by space_id, key_type order by window_id_count) as keys_up_to_size,
        sum(count(*)) over (partition by space_id, key_type) as all_keys
    from sizes_in_windows
    group by space_id, key_type, window_id_count

),

thresholds as (

    select
        sizes.space_id,
        sizes.key_type,
        greatest(min(sizes.window_id_count), coalesce(max(rules.outlier_floor_ids), 10)) as max_ordinary_ids
    from cumulated_sizes as sizes
    -- mutual_best bounds itself: a crowd has no best partner.
    inner join rules on sizes.key_type = rules.key_type and rules.corroboration is null
    -- Rounded, because 0.56 * 25 is more than 14 in floating point.
    where sizes.keys_up_to_size >= round(rules.outlier_percentile * sizes.all_keys, 6)
    group by sizes.space_id, sizes.key_type

),

final as (

    select
        sizes.*,
        thresholds.max_ordinary_ids,
        case
            when blocked_keys.key_number is not null and rules.key_type is not null then 'blocked_by_override'
            when sizes.window_id_count > rules.max_ids_per_key then 'max_ids_per_key'
            when sizes.window_id_count > thresholds.max_ordinary_ids then 'outlier_percentile'
        end as drop_reason
    from sizes_in_windows as sizes
    left join rules on sizes.key_type = rules.key_type
    left join thresholds on sizes.space_id = thresholds.space_id and sizes.key_type = thresholds.key_type
    left join blocked_keys on sizes.key_number = blocked_keys.key_number

)

select * from final
