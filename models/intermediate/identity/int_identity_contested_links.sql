-- One row per pair of ids inside an offending component, with what decides the order in which pairs may merge.
with evidence as (

    select * from {{ ref('int_identity_contested_evidence') }}

),

rules as (

    select * from {{ ref('identity_key_rules') }}
    where resolution_level = 'individual'

),

final as (

    select
        evidence.id_number_a,
        evidence.id_number_b,
        -- An owner's word outranks every rule.
        min(coalesce(rules.priority, 0)) as priority,
        count(*) as evidence_count,
        min(evidence.linked_at) as linked_at
    from evidence
    left join rules on evidence.key_type = rules.key_type
    group by evidence.id_number_a, evidence.id_number_b

)

select * from final
