-- Inside a person neighbours in time, so that a limit that cuts a component elsewhere changes nothing about it; across
-- persons the refused pairs.
with candidate_links as (

    select {{ all_but(['id_rank_a', 'id_rank_b']) }}  -- noqa: RF02
    from {{ ref('int_identity_candidate_links') }}

),

contested_evidence as (

    select {{ all_but(['component_number', 'id_rank_a', 'id_rank_b', 'pair_priority', 'pair_evidence_count', 'pair_linked_at']) }}  -- noqa: RF02
    from {{ ref('int_identity_contested_evidence') }}

),

clusters as (

    select * from {{ ref('int_identity_clusters') }}

),

rules as (

    select * from {{ ref('identity_key_rules') }}
    where resolution_level = 'individual'

),

contested_observations as (

    select
        clusters.cluster_number,
        clusters.id_rank,
        linkable.*
    from {{ ref('int_identity_linkable_observations') }} as linkable
    inner join clusters on linkable.id_number = clusters.id_number
    where clusters.is_contested and linkable.corroboration is null

),

links_in_clusters as (

    {{ chain_links('contested_observations', ['key_number', 'cluster_number'], 'id_rank') }}

),

evidence as (

    select candidate_links.*
    from candidate_links
    inner join clusters on candidate_links.id_number_a = clusters.id_number
    where not clusters.is_contested
    union all
    select * from links_in_clusters
    union all
    select contested_evidence.*
    from contested_evidence
    inner join clusters as clusters_a on contested_evidence.id_number_a = clusters_a.id_number
    inner join clusters as clusters_b on contested_evidence.id_number_b = clusters_b.id_number
    where
        contested_evidence.link_method != 'chain'
        or clusters_a.cluster_number != clusters_b.cluster_number

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
