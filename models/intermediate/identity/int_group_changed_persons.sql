-- Persons whose observations may have changed: those of changed ids, before and now, and of ids with news.
{{ config(meta={'lasts_for_a_run': true}) }}

with changed_ids as (

    select * from {{ ref('int_identity_changed_ids') }}

),

changed_days as (

    select * from {{ ref('int_changed_days') }}

),

resolved as (

    select * from {{ ref('int_identity_resolved') }}

),

ids_with_news as (

    select id_number from changed_ids
    union distinct
    select id_number from changed_days

),

final as (

    select person_number_before as person_number
    from changed_ids
    where person_number_before is not null
    union distinct
    select resolved.person_number
    from resolved
    inner join ids_with_news on resolved.id_number = ids_with_news.id_number

)

select * from final
