{{ config(materialized='view') }}

-- What contested ids hold of limited keys. A pair that must stay apart is a limit, too: of its two ends a cluster holds one.
with contested_ids as (

    select * from {{ ref('int_identity_contested_ids') }}

),

limited_values as (

    select * from {{ ref('int_identity_limited_values') }}

),

never_links as (

    select * from {{ ref('int_identity_overrides') }}
    where override_type = 'never_link'

),

ends_apart as (

    select
        id_number_a as id_number,
        id_number_a,
        id_number_b
    from never_links
    union all
    select
        id_number_b as id_number,
        id_number_a,
        id_number_b
    from never_links

),

final as (

    select
        contested_ids.id_rank,
        limited_values.key_type,
        limited_values.key_number,
        limited_values.max_values_per_profile
    from limited_values
    inner join contested_ids on limited_values.id_number = contested_ids.id_number
    union all
    select
        contested_ids.id_rank,
        'never_link: ' || cast(ends_apart.id_number_a as {{ dbt.type_string() }})
        || ' ' || cast(ends_apart.id_number_b as {{ dbt.type_string() }}) as key_type,
        ends_apart.id_number as key_number,
        1 as max_values_per_profile
    from ends_apart
    inner join contested_ids on ends_apart.id_number = contested_ids.id_number

)

select * from final
