with evidence as (

    select * from {{ ref('int_identity_evidence') }}

),

ids as (

    select * from {{ ref('int_identity_ranked_ids') }}

),

resolved as (

    select * from {{ ref('int_identity_resolved') }}

),

by_key_type as (

    select
        id_number_a,
        id_number_b,
        key_type,
        max(key_confidence) as key_confidence,
        min(linked_at) as linked_at
    from evidence
    group by id_number_a, id_number_b, key_type

),

links as (

    select
        id_number_a,
        id_number_b,
        min(linked_at) as linked_at,
        -- 1 - product(1 - confidence); the floor keeps the logarithm finite, rounding keeps engines and threads equal.
        round(1 - exp(sum(ln(greatest(1 - key_confidence, 1e-12)))), 6) as confidence
    from by_key_type
    group by id_number_a, id_number_b

),

final as (

    select
        links.*,
        ids_a.id_rank as id_rank_a,
        ids_b.id_rank as id_rank_b,
        case when resolved_a.person_number = resolved_b.person_number then resolved_a.person_number end as person_number
    from links
    inner join ids as ids_a on links.id_number_a = ids_a.id_number
    inner join ids as ids_b on links.id_number_b = ids_b.id_number
    inner join resolved as resolved_a on links.id_number_a = resolved_a.id_number
    inner join resolved as resolved_b on links.id_number_b = resolved_b.id_number

)

select * from final
