with rules as (

    select * from {{ ref('identity_key_rules') }}
    where resolution_level = 'individual' and is_enabled and window_days is not null

),

logins as (

    -- Two logins that an alias names together, which is seen with both, are one user.
    select id_number, min(user_number) over (partition by key_number) as user_number  -- noqa: LT09
    from (
        select id_number, key_number, min(key_number) over (partition by id_number) as user_number  -- noqa: LT09
        from {{ ref('int_identity_observations') }}
        where key_type = 'user_id'
    ) as logins_of_ids

),

blocked_keys as (

    -- By an override, or because what tells the device, or is the id itself, tells nobody's person where several users have it.
    select key_number, min(drop_reason) as drop_reason  -- noqa: LT09
    from (
        select {{ hash_64(['space_id', 'key_type', 'key_value']) }} as key_number, 'blocked_by_override' as drop_reason  -- noqa: LT09
        from {{ ref('identity_overrides') }}
        where override_type = 'block_key'
        union all
        select key_number, 'shared_device' as drop_reason  -- noqa: LT09
        from {{ ref('int_identity_observations') }}
        where key_type in ('device_id', 'network_userid') and id_number in (select shared.id_number from {{ ref('int_shared_events') }} as shared)
        union all
        -- An app may give whoever logs in an id of its own. Who then comes without a login is neither of two that had one.
        select devices.key_number, 'shared_device' as drop_reason  -- noqa: LT09
        from {{ ref('int_identity_observations') }} as devices
        inner join logins on devices.id_number = logins.id_number
        inner join rules on rules.key_type = 'user_id'
        where devices.key_type in ('device_id', 'network_userid')
        group by devices.key_number
        having count(distinct logins.user_number) > min(rules.max_values_per_profile)
        union all
        select {{ hash_64(['ids.space_id', 'rules.key_type', 'ids.anonymous_id']) }} as key_number, 'shared_device' as drop_reason  -- noqa: LT09
        from {{ ref('int_identity_ids') }} as ids
        cross join rules
        where ids.id_number in (select shared.id_number from {{ ref('int_shared_events') }} as shared)
    ) as blocks
    group by key_number

),

keys as (

    select key_number, key_type, min(id_number) as id_number, count(*) as id_count  -- noqa: LT09
    from (select distinct key_number, key_type, id_number from {{ ref('int_identity_observations') }}) as ids_of_keys  -- noqa: LT09
    group by key_number, key_type

),

sightings as (

    -- Only where all ids together are more than what a limit asks for.
    select observations.key_number, observations.id_number, observations.observed_date, rules.window_days  -- noqa: LT09
    from {{ ref('int_identity_observations') }} as observations
    inner join keys on observations.key_number = keys.key_number
    inner join rules on keys.key_type = rules.key_type
    where
        keys.id_count > rules.max_ids_per_key
        or (rules.outlier_percentile is not null and rules.corroboration is null and keys.id_count > coalesce(rules.outlier_floor_ids, 10))

),

window_sizes as (

    {{ largest_in_window('sightings', ['key_number'], 'id_number') }}

),

sizes as (

    select
        keys.{{ all_but(['id_number']) }},
        ids.space_id,
        coalesce(window_sizes.member_count, keys.id_count) as window_id_count
    from keys
    inner join {{ ref('int_identity_ids') }} as ids on keys.id_number = ids.id_number
    left join window_sizes on keys.key_number = window_sizes.key_number

),

cumulated_sizes as (

    select  -- noqa: LT09
        space_id, key_type, window_id_count,
        sum(count(*)) over (partition by space_id, key_type order by window_id_count) as keys_up_to_size,
        sum(count(*)) over (partition by space_id, key_type) as all_keys
    from sizes
    group by space_id, key_type, window_id_count

),

thresholds as (

    select  -- noqa: LT09
        sizes.space_id, sizes.key_type,
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
            when rules.key_type is not null and blocked_keys.key_number is not null then blocked_keys.drop_reason
            when sizes.window_id_count > rules.max_ids_per_key then 'max_ids_per_key'
            when sizes.window_id_count > thresholds.max_ordinary_ids then 'outlier_percentile'
        end as drop_reason
    from sizes
    left join rules on sizes.key_type = rules.key_type
    left join thresholds on sizes.space_id = thresholds.space_id and sizes.key_type = thresholds.key_type
    left join blocked_keys on sizes.key_number = blocked_keys.key_number

)

select * from final
