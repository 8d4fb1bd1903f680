-- Evidence inside groups that break a limit. Neighbours in time suffice for plain groups, but where a limit refuses one of
-- them the pair it bridged must still be found: here every pair within the window is linked, except by keys of crowds.
with components as (

    select * from {{ ref('int_group_components') }}

),

contested_groups as (

    select components.parent_number
    from {{ ref('int_group_observations') }} as observations
    inner join components on observations.node_number = components.node_number
    where observations.max_values_per_profile is not null
    group by components.parent_number, observations.key_type
    having count(distinct observations.key_number) > min(observations.max_values_per_profile)

),

contested_persons as (

    select distinct components.node_number
    from components
    inner join contested_groups on components.parent_number = contested_groups.parent_number

),

sightings as (

    select
        observations.*,
        lag(observations.observed_date) over (
            partition by observations.node_number, observations.key_number order by observations.observed_date
        ) as previous_date
    from {{ ref('int_group_observations') }} as observations
    inner join contested_persons on observations.node_number = contested_persons.node_number
    inner join {{ ref('int_group_keys') }} as group_keys
        on
            observations.resolution_level = group_keys.resolution_level
            and observations.key_number = group_keys.key_number
    where group_keys.drop_reason is null and group_keys.person_count > 1 and group_keys.window_person_count <= 100

),

evidence as (

    -- What first links two persons is that one of them comes, or comes back after a gap.
    select
        one.resolution_level,
        least(one.node_number, other.node_number) as node_number_a,
        greatest(one.node_number, other.node_number) as node_number_b,
        one.key_type,
        one.key_number,
        greatest(one.first_observed_at, other.first_observed_at) as linked_at
    from sightings as one
    inner join sightings as other
        on
            one.resolution_level = other.resolution_level
            and one.key_number = other.key_number
            and one.node_number != other.node_number
            and one.observed_date <= other.observed_date
            and {{ dbt.datediff('one.observed_date', 'other.observed_date', 'day') }} <= one.window_days
    where other.previous_date is null or {{ dbt.datediff('other.previous_date', 'other.observed_date', 'day') }} > other.window_days
    union all
    select links.*
    from {{ ref('int_group_links') }} as links
    inner join contested_persons on links.node_number_a = contested_persons.node_number

),

strengths as (

    select
        evidence.node_number_a,
        evidence.node_number_b,
        evidence.key_type,
        evidence.key_number,
        rules.priority,
        min(evidence.linked_at) as linked_at
    from evidence
    inner join {{ ref('identity_key_rules') }} as rules
        on
            evidence.resolution_level = rules.resolution_level
            and evidence.key_type = rules.key_type
    group by evidence.node_number_a, evidence.node_number_b, evidence.key_type, evidence.key_number, rules.priority

),

pairs as (

    select
        node_number_a,
        node_number_b,
        min(priority) as priority,
        count(*) as evidence_count,
        min(linked_at) as linked_at
    from strengths
    group by node_number_a, node_number_b

),

final as (

    select
        strengths.{{ all_but(['priority']) }},  -- noqa: RF02
        row_number() over (
            order by
                pairs.priority asc, pairs.evidence_count desc, pairs.linked_at asc,
                strengths.node_number_a asc, strengths.node_number_b asc, strengths.key_number asc
        ) as link_position
    from strengths
    inner join pairs on strengths.node_number_a = pairs.node_number_a and strengths.node_number_b = pairs.node_number_b

)

select * from final
