-- What persons hold of keys that a group may hold few values of, at whatever time.
with observations as (

    select * from {{ ref('int_group_observations') }}

),

limits as (

    select
        resolution_level,
        key_type,
        max_values_per_profile
    from {{ ref('identity_key_rules') }}
    where is_enabled and max_values_per_profile is not null

),

person_values as (

    select distinct
        observations.resolution_level,
        observations.person_number,
        observations.node_number,
        observations.key_type,
        observations.key_number,
        limits.max_values_per_profile
    from observations
    inner join limits
        on
            observations.resolution_level = limits.resolution_level
            and observations.key_type = limits.key_type

),

final as (

    select
        *,
        count(*) over (partition by node_number, key_type) as value_count
    from person_values

)

select * from final
