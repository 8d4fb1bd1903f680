with observations as (

    select * from {{ ref('int_identity_observations') }}

),

limits as (

    select
        key_type,
        max_values_per_profile
    from {{ ref('identity_key_rules') }}
    where resolution_level = 'individual' and is_enabled and max_values_per_profile is not null

),

id_values as (

    select distinct
        observations.id_number,
        observations.key_type,
        observations.key_number,
        limits.max_values_per_profile
    from observations
    inner join limits on observations.key_type = limits.key_type

),

final as (

    select
        *,
        count(*) over (partition by id_number, key_type) as value_count
    from id_values

)

select * from final
