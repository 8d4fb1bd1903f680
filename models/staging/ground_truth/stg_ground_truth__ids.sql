{{ config(enabled=env_var('IDENTITY_EVENTS', '') == '' or env_var('IDENTITY_TRUTH', '') != '') }}

with source as (

    select * from {{ source('ground_truth', 'ids') }}

),

final as (

    select
        space_id,
        anonymous_id,
        person_id,
        account_id,
        household_number
    from source

)

select * from final
