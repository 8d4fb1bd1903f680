{{ config(materialized='view') }}

-- Ids that belong to another person than before this run.
with changed_ids as (

    select * from {{ ref('int_identity_changed_ids') }}

),

resolved as (

    select * from {{ ref('int_identity_resolved') }}

),

final as (

    select
        changed_ids.id_number,
        changed_ids.space_id,
        changed_ids.anonymous_id
    from changed_ids
    left join resolved on changed_ids.id_number = resolved.id_number
    where resolved.person_number is distinct from changed_ids.person_number_before

)

select * from final
