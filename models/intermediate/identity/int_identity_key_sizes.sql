with observations as (

    select * from {{ ref('int_identity_observations') }}

),

ids as (

    select * from {{ ref('int_identity_ids') }}

),

rules as (

    select * from {{ ref('identity_key_rules') }}
    where resolution_level = 'individual' and is_enabled and window_days is not null

),

ids_of_keys as (

    select
        key_number,
        key_type,
        id_number,
        min(first_observed_at) as first_observed_at,
        max(last_observed_at) as last_observed_at
    from observations
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
    inner join ids on ids_of_keys.id_number = ids.id_number
    group by ids_of_keys.key_number, ids_of_keys.key_type

),

sightings as (

    -- Where a key is seen with one id, or within one window only, all its ids are in that window.
    select
        observations.key_number,
        observations.id_number,
        observations.observed_date,
        rules.window_days
    from observations
    inner join sizes on observations.key_number = sizes.key_number
    inner join rules on sizes.key_type = rules.key_type
    where
        sizes.id_count > 1
        and {{ dbt.datediff('sizes.first_observed_at', 'sizes.last_observed_at', 'day') }} > rules.window_days

),

window_sizes as (

    {{ largest_in_window('sightings', ['key_number'], 'id_number') }}

),

final as (

    select
        sizes.*,
        coalesce(window_sizes.member_count, sizes.id_count) as window_id_count
    from sizes
    left join window_sizes on sizes.key_number = window_sizes.key_number

)

select * from final
