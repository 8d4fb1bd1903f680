with links as (

    select * from {{ ref('int_identity_candidate_links') }}

),

final as (

    select distinct
        least(id_rank_a, id_rank_b) as node_number_a,
        greatest(id_rank_a, id_rank_b) as node_number_b
    from links

)

select * from final
