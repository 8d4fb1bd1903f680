-- Conversions whose published row may have changed: their reports did, or their visitor's sessions or person.
with changed_conversions as (

    select * from {{ ref('int_changed_conversions') }}

),

changed_users as (

    select * from {{ ref('int_changed_users') }}

),

conversions as (

    select * from {{ ref('int_conversions') }}

),

final as (

    select conversion_id
    from changed_conversions
    union distinct
    select conversions.conversion_id
    from conversions
    inner join changed_users on conversions.id_number = changed_users.id_number

)

select * from final
