{{ config(materialized='view') }}

with contested_ids as (

    select * from {{ ref('int_identity_contested_ids') }}

),

limited_values as (

    select * from {{ ref('int_identity_limited_values') }}

),

final as (

    select
        contested_ids.id_rank,
        limited_values.key_type,
        limited_values.key_number,
        limited_values.max_values_per_profile
    from limited_values
    inner join contested_ids on limited_values.id_number = contested_ids.id_number

)

select * from final
