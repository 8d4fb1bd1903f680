{{ config(materialized='view') }}

-- The links within changed persons.
with links as (

    select * from {{ ref('int_identity_links') }}

),

changed_ids as (

    select * from {{ ref('int_identity_changed_ids') }}

),

final as (

    select
        ids_a.person_number,
        links.*,
        -- By first visit, not by hash: links known at one moment are replayed in this order.
        least(ids_a.id_rank, ids_b.id_rank) as id_rank_a,
        greatest(ids_a.id_rank, ids_b.id_rank) as id_rank_b
    from links
    inner join changed_ids as ids_a on links.id_number_a = ids_a.id_number
    inner join changed_ids as ids_b on links.id_number_b = ids_b.id_number
    where ids_a.person_number = ids_b.person_number

)

select * from final
