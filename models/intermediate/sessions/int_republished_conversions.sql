-- Conversions whose published row may have changed: their reports did, or their visitor's sessions or person.
{{ config(meta={'lasts_for_a_run': true}) }}

with changed_conversions as (

    select * from {{ ref('int_changed_conversions') }}

),

republished_visitors as (

    select id_number from {{ ref('int_changed_visitors') }}
    union distinct
    select id_number from {{ ref('int_relabelled_ids') }}

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
    inner join republished_visitors on conversions.id_number = republished_visitors.id_number

)

select * from final
