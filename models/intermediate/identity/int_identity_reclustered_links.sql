{{ config(materialized='view') }}

-- The candidate links between the ids whose person has to be found again.
with links as (

    select * from {{ ref('int_identity_candidate_links') }}

),

ids as (

    select * from {{ ref('int_identity_reclustered_ids') }}

),

final as (

    select
        links.*,
        ids_a.id_rank as id_rank_a,
        ids_b.id_rank as id_rank_b
    from links
    inner join ids as ids_a on links.id_number_a = ids_a.id_number
    inner join ids as ids_b on links.id_number_b = ids_b.id_number

)

select * from final
