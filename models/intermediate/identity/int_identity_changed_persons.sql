{{ config(materialized='view') }}

-- The person of each changed id that the graph still holds.
with changed_ids as (

    select * from {{ ref('int_identity_changed_ids') }}

),

final as (

    select
        id_number,
        id_rank,
        person_number
    from changed_ids
    where person_number is not null

)

select * from final
