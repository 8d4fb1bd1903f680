with rules as (

    select * from {{ ref('identity_key_rules') }}
    where is_enabled and window_days is not null

),

blocked_keys as (

    select distinct {{ hash_64(['space_id', 'key_type', 'key_value']) }} as key_number
    from {{ ref('identity_overrides') }}
    where override_type = 'block_key'

),

sizes as (

    select
        resolution_level,
        space_id,
        key_type,
        key_number,
        window_days,
        count(distinct node_number) as person_count
    from {{ ref('int_group_observations') }}
    where window_days is not null
    group by resolution_level, space_id, key_type, key_number, window_days

),

sightings as (

    -- Only where all persons together are more than what a limit asks for, or int_group_contested_links.
    select observations.*
    from {{ ref('int_group_observations') }} as observations
    inner join sizes on observations.resolution_level = sizes.resolution_level and observations.key_number = sizes.key_number
    inner join rules on sizes.resolution_level = rules.resolution_level and sizes.key_type = rules.key_type
    where
        sizes.person_count > 100
        or sizes.person_count > rules.max_ids_per_key
        or (rules.outlier_percentile is not null and sizes.person_count > coalesce(rules.outlier_floor_ids, 10))

),

window_sizes as (

    {{ largest_in_window('sightings', ['resolution_level', 'key_number'], 'node_number') }}

),

keys as (

    select
        sizes.*,
        coalesce(window_sizes.member_count, sizes.person_count) as window_person_count
    from sizes
    left join window_sizes on sizes.resolution_level = window_sizes.resolution_level and sizes.key_number = window_sizes.key_number

),

judged_sizes as (

    select
        keys.resolution_level,
        keys.space_id,
        keys.key_type,
        keys.window_person_count,
        min(rules.max_ids_per_key) as max_ids_per_key,
        -- A crowd where the smaller keys are the share that outlier_percentile asks for. Rounded, because 0.56 * 25 is more
        -- than 14 in floating point.
        sum(count(*)) over (key_type_of_level order by keys.window_person_count) - count(*)
        >= round(min(rules.outlier_percentile) * sum(count(*)) over key_type_of_level, 6)
        and keys.window_person_count > coalesce(min(rules.outlier_floor_ids), 10) as is_crowd
    from keys
    inner join rules on keys.resolution_level = rules.resolution_level and keys.key_type = rules.key_type
    group by keys.resolution_level, keys.space_id, keys.key_type, keys.window_person_count
    window key_type_of_level as (partition by keys.resolution_level, keys.space_id, keys.key_type)

),

judged_keys as (

    select
        keys.*,
        judged_sizes.max_ids_per_key,
        judged_sizes.is_crowd
    from keys
    inner join judged_sizes
        on
            keys.resolution_level = judged_sizes.resolution_level and keys.space_id = judged_sizes.space_id
            and keys.key_type = judged_sizes.key_type and keys.window_person_count = judged_sizes.window_person_count

),

home_ips as (

    select key_number
    from judged_keys
    where resolution_level = 'household' and key_type = 'ip_token' and not is_crowd

),

final as (

    select
        judged_keys.*,
        case
            when blocked_keys.key_number is not null then 'blocked_by_override'
            when judged_keys.window_person_count > judged_keys.max_ids_per_key then 'max_ids_per_key'
            when judged_keys.is_crowd then 'outlier_percentile'
            -- An ip that the household level takes for a home is no office.
            when judged_keys.resolution_level = 'organization' and home_ips.key_number is not null then 'home_ip'
        end as drop_reason
    from judged_keys
    left join home_ips on judged_keys.key_number = home_ips.key_number
    left join blocked_keys on judged_keys.key_number = blocked_keys.key_number

)

select * from final
