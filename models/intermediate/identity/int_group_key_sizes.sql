with observations as (

    select * from {{ ref('int_group_observations') }}

),

rules as (

    select * from {{ ref('identity_key_rules') }}
    where is_enabled and window_days is not null

),

persons_of_keys as (

    select distinct
        resolution_level,
        space_id,
        key_type,
        key_number,
        person_number
    from observations

),

sizes as (

    select
        resolution_level,
        space_id,
        key_type,
        key_number,
        count(*) as person_count
    from persons_of_keys
    group by resolution_level, space_id, key_type, key_number

),

sightings as (

    select
        observations.resolution_level,
        observations.key_number,
        observations.person_number,
        observations.observed_date,
        rules.window_days
    from observations
    inner join sizes
        on
            observations.resolution_level = sizes.resolution_level
            and observations.key_number = sizes.key_number
    inner join rules
        on
            sizes.resolution_level = rules.resolution_level
            and sizes.key_type = rules.key_type
    where sizes.person_count > 1

),

window_sizes as (

    {{ largest_in_window('sightings', ['resolution_level', 'key_number'], 'person_number') }}

),

final as (

    select
        sizes.*,
        coalesce(window_sizes.member_count, sizes.person_count) as window_person_count
    from sizes
    left join window_sizes
        on
            sizes.resolution_level = window_sizes.resolution_level
            and sizes.key_number = window_sizes.key_number

)

select * from final
