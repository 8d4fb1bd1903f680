with evidence as (

    select * from {{ ref('int_identity_contested_evidence') }}

),

pairs as (

    select
        *,
        least(id_rank_a, id_rank_b) as node_number_a,
        greatest(id_rank_a, id_rank_b) as node_number_b
    from evidence

),

final as (

    select
        node_number_a,
        node_number_b,
        row_number() over (
            partition by component_number
            order by
                pair_priority asc,
                pair_evidence_count desc,
                pair_linked_at asc,
                node_number_a asc,
                node_number_b asc,
                key_number asc
        ) as link_position
    from pairs

)

select * from final
