{{ config(materialized='view') }}

-- The accepted links of the changed persons.
with accepted_links as (

    select * from {{ ref('int_identity_accepted_links') }}

),

changed_ids as (

    select * from {{ ref('int_identity_changed_ids') }}

),

final as (

    select
        accepted_links.*,
        -- By first visit, not by hash: links known at one moment are replayed in this order.
        least(ids_a.id_rank, ids_b.id_rank) as id_rank_a,
        greatest(ids_a.id_rank, ids_b.id_rank) as id_rank_b
    from accepted_links
    inner join changed_ids as ids_a on accepted_links.id_number_a = ids_a.id_number
    inner join changed_ids as ids_b on accepted_links.id_number_b = ids_b.id_number

)

select * from final
