-- A pair that must stay apart is a limit, too: of its two ends a person may hold one.
with limits as (

    select
        key_type,
        max_values_per_profile
    from {{ ref('identity_key_rules') }}
    where resolution_level = 'individual' and is_enabled and max_values_per_profile is not null

),

never_links as (

    select
        *,
        'never_link: ' || cast(id_number_a as {{ dbt.type_string() }}) || ' ' || cast(id_number_b as {{ dbt.type_string() }}) as key_type
    from {{ ref('int_identity_overrides') }}
    where override_type = 'never_link'

),

id_values as (

    select distinct
        observations.id_number,
        observations.key_type,
        observations.key_number,
        limits.max_values_per_profile
    from {{ ref('int_identity_observations') }} as observations
    inner join limits on observations.key_type = limits.key_type
    union all
    select
        id_number_a as id_number,
        key_type,
        id_number_a as key_number,
        1 as max_values_per_profile
    from never_links
    union all
    select
        id_number_b as id_number,
        key_type,
        id_number_b as key_number,
        1 as max_values_per_profile
    from never_links

),

final as (

    select
        *,
        count(*) over (partition by id_number, key_type) as value_count
    from id_values

)

select * from final
