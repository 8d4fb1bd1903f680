with evidence as (

    select * from {{ ref('int_identity_contested_evidence') }}

),

ids as (

    select * from {{ ref('int_identity_contested_ids') }}

),

final as (

    select
        evidence.id_rank_a as node_number_a,
        evidence.id_rank_b as node_number_b,
        row_number() over (
            partition by ids.component_number
            order by
                evidence.pair_priority asc,
                evidence.pair_evidence_count desc,
                evidence.pair_linked_at asc,
                evidence.id_rank_a asc,
                evidence.id_rank_b asc,
                evidence.key_number asc
        ) as link_position
    from evidence
    inner join ids on evidence.id_rank_a = ids.id_rank

)

select * from final
