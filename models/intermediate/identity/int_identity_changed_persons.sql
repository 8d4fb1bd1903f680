{{ config(materialized='view') }}

-- The person of each changed id that the graph still holds.
with changed_ids as (

    select * from {{ ref('int_identity_changed_ids') }}

),

resolved as (

    select * from {{ ref('int_identity_resolved') }}

),

final as (

    select
        changed_ids.id_number,
        changed_ids.id_rank,
        resolved.person_number
    from changed_ids
    inner join resolved on changed_ids.id_number = resolved.id_number

)

select * from final
