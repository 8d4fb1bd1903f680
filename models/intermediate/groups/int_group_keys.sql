with observations as (

    select * from {{ ref('int_group_observations') }}
    where window_days is not null

),

rules as (

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
        count(distinct node_number) as person_count
    from observations
    group by resolution_level, space_id, key_type, key_number

),

sightings as (

    select observations.*
    from observations
    inner join sizes
        on
            observations.resolution_level = sizes.resolution_level
            and observations.key_number = sizes.key_number
    where sizes.person_count > 1

),

window_sizes as (

    {{ largest_in_window('sightings', ['resolution_level', 'key_number'], 'node_number') }}

),

key_sizes as (

    select
        sizes.*,
        coalesce(window_sizes.member_count, sizes.person_count) as window_person_count
    from sizes
    left join window_sizes
        on
            sizes.resolution_level = window_sizes.resolution_level
            and sizes.key_number = window_sizes.key_number

),

judged_keys as (

    select
        key_sizes.*,
        rules.window_days,
        rules.max_ids_per_key,
        -- A crowd where the smaller keys are the share that outlier_percentile asks for. Rounded, because 0.56 * 25 is more
        -- than 14 in floating point.
        rank() over (key_type_of_level order by key_sizes.window_person_count) - 1
        >= round(rules.outlier_percentile * count(*) over key_type_of_level, 6)
        and key_sizes.window_person_count > coalesce(rules.outlier_floor_ids, 10) as is_crowd
    from key_sizes
    inner join rules
        on
            key_sizes.resolution_level = rules.resolution_level
            and key_sizes.key_type = rules.key_type
    window key_type_of_level as (partition by key_sizes.resolution_level, key_sizes.space_id, key_sizes.key_type)

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
