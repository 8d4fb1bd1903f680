-- Inside a person neighbours in time, so that a limit that cuts a component elsewhere changes nothing about it; across
-- persons the refused pairs.
with candidate_links as (

    select {{ all_but(['id_rank_a', 'id_rank_b']) }}  -- noqa: RF02
    from {{ ref('int_identity_candidate_links') }}

),

contested_evidence as (

    select * from {{ ref('int_identity_contested_evidence') }}

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

neighbours_in_cluster as (

    select
        *,
        lag(id_number) over key_in_time as previous_id_number,
        lag(observed_date) over key_in_time as previous_observed_date
    from contested_observations
    window key_in_time as (partition by key_number, cluster_number order by first_observed_at, id_rank)

),

first_links_in_cluster as (

    select
        least(id_number, previous_id_number) as id_number_a,
        greatest(id_number, previous_id_number) as id_number_b,
        key_type,
        key_number,
        previous_observed_date as earlier_date,
        observed_date as later_date,
        first_observed_at as linked_at,
        'chain' as link_method
    from neighbours_in_cluster
    where
        id_number != previous_id_number
        and {{ dbt.datediff('previous_observed_date', 'observed_date', 'day') }} <= window_days
    qualify
        row_number() over (
            partition by id_number_a, id_number_b, key_number
            order by linked_at, later_date, earlier_date
        ) = 1

),

evidence as (

    select candidate_links.*
    from candidate_links
    inner join clusters on candidate_links.id_number_a = clusters.id_number
    where not clusters.is_contested
    union all
    select * from first_links_in_cluster
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
