-- One row per pair of ids inside an offending component, with what decides the order in which pairs may merge.
{{ config(meta={'lasts_for_a_run': true}) }}

with evidence as (

    select * from {{ ref('int_identity_contested_evidence') }}

),

ids as (

    select * from {{ ref('int_identity_contested_ids') }}

),

rules as (

    select * from {{ ref('identity_key_rules') }}
    where resolution_level = 'individual'

),

final as (

    select
        least(ids_a.id_rank, ids_b.id_rank) as id_rank_a,
        greatest(ids_a.id_rank, ids_b.id_rank) as id_rank_b,
        -- An owner's word outranks every rule.
        min(coalesce(rules.priority, 0)) as priority,
        count(*) as evidence_count,
        min(evidence.linked_at) as linked_at
    from evidence
    inner join ids as ids_a on evidence.id_number_a = ids_a.id_number
    inner join ids as ids_b on evidence.id_number_b = ids_b.id_number
    left join rules on evidence.key_type = rules.key_type
    group by id_rank_a, id_rank_b

)

select * from final
