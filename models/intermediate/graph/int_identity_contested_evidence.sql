-- All evidence inside the components that break a limit, with what decides the order in which its pairs may merge. Neighbour
-- links suffice for plain components, but where a limit refuses one of them the pair it bridged must still be found: here
-- every pair within the window is linked.
{{ config(meta={'lasts_for_a_run': true}) }}

with components as (

    select * from {{ ref('int_identity_components') }}

),

contested_components as (

    select components.component_number
    from {{ ref('int_identity_limited_values') }} as limited_values
    inner join components on limited_values.id_number = components.id_number
    group by components.component_number, limited_values.key_type
    having count(distinct limited_values.key_number) > min(limited_values.max_values_per_profile)

),

contested_ids as (

    select distinct
        components.component_number,
        ids.id_number,
        ids.id_rank
    from contested_components
    inner join components on contested_components.component_number = components.component_number
    inner join {{ ref('int_identity_ranked_ids') }} as ids on components.id_number = ids.id_number

),

sightings as (

    select
        linkable.*,
        contested_ids.id_rank,
        lag(linkable.observed_date) over (
            partition by linkable.id_number, linkable.key_number order by linkable.observed_date
        ) as previous_date
    from {{ ref('int_identity_linkable_observations') }} as linkable
    inner join contested_ids on linkable.id_number = contested_ids.id_number
    where linkable.corroboration is null

),

pairs as (

    -- What links two ids is that one of them comes, or comes back after a gap, while the other is there.
    select
        least(one.id_number, other.id_number) as id_number_a,
        greatest(one.id_number, other.id_number) as id_number_b,
        one.key_type,
        one.key_number,
        one.id_rank as earlier_id_rank,
        min(one.observed_date) as earlier_date,
        other.observed_date as later_date,
        other.first_observed_at as linked_at,
        'chain' as link_method
    from sightings as one
    inner join sightings as other
        on
            one.key_number = other.key_number
            and one.id_number != other.id_number
            and {{ dbt.datediff('one.observed_date', 'other.observed_date', 'day') }} between 0 and one.window_days
            and (
                one.first_observed_at < other.first_observed_at
                or (one.first_observed_at = other.first_observed_at and one.id_rank < other.id_rank)
            )
    where other.previous_date is null or {{ dbt.datediff('other.previous_date', 'other.observed_date', 'day') }} > other.window_days
    group by id_number_a, id_number_b, one.key_type, one.key_number, one.id_rank, other.observed_date, other.first_observed_at

),

first_pairs as (

    select {{ all_but(['earlier_id_rank']) }}
    from pairs
    qualify
        row_number() over (
            partition by id_number_a, id_number_b, key_number
            order by linked_at, later_date, earlier_id_rank
        ) = 1

),

evidence as (

    select * from first_pairs
    union all
    select links.{{ all_but(['id_rank_a', 'id_rank_b']) }}  -- noqa: RF02
    from {{ ref('int_identity_candidate_links') }} as links
    inner join contested_ids on links.id_number_a = contested_ids.id_number
    where links.link_method != 'chain'

),

final as (

    select
        evidence.*,
        ids_a.component_number,
        ids_a.id_rank as id_rank_a,
        ids_b.id_rank as id_rank_b,
        -- An owner's word outranks every rule.
        min(coalesce(rules.priority, 0)) over pair_of_ids as pair_priority,
        count(*) over pair_of_ids as pair_evidence_count,
        min(evidence.linked_at) over pair_of_ids as pair_linked_at
    from evidence
    inner join contested_ids as ids_a on evidence.id_number_a = ids_a.id_number
    inner join contested_ids as ids_b on evidence.id_number_b = ids_b.id_number
    left join {{ ref('identity_key_rules') }} as rules
        on evidence.key_type = rules.key_type and rules.resolution_level = 'individual'
    window pair_of_ids as (partition by evidence.id_number_a, evidence.id_number_b)

)

select * from final
