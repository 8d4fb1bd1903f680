-- One row per pair of ids and key that speaks for linking them.
with candidate_links as (

    select * from {{ ref('int_identity_candidate_links') }}

),

relinked_pairs as (

    select * from {{ ref('int_identity_relinked_pairs') }}

),

components as (

    select * from {{ ref('identity_components') }}

),

limit_breaks as (

    select * from {{ ref('int_identity_limit_breaks') }}

),

rules as (

    select * from {{ ref('identity_key_rules') }}
    where resolution_level = 'individual'

),

placed_links as (

    select
        candidate_links.*,
        components.component_number,
        limit_breaks.component_number is not null as is_limit_broken
    from candidate_links
    inner join components on candidate_links.id_number_a = components.id_number
    left join limit_breaks on components.component_number = limit_breaks.component_number

),

evidence as (

    select
        component_number,
        is_limit_broken,
        space_id,
        id_number_a,
        id_number_b,
        key_type,
        key_value,
        earlier_date,
        later_date,
        linked_at
    from placed_links
    where not is_limit_broken or link_method != 'chain'
    union all
    select
        component_number,
        true as is_limit_broken,
        space_id,
        id_number_a,
        id_number_b,
        key_type,
        key_value,
        earlier_date,
        later_date,
        linked_at
    from relinked_pairs

),

final as (

    select
        evidence.*,
        -- An owner's word outranks every rule.
        coalesce(rules.priority, 0) as priority,
        cast(coalesce(rules.confidence, 1) as {{ type_double() }}) as key_confidence
    from evidence
    left join rules on evidence.key_type = rules.key_type

)

select * from final
