-- The household and the organization of each person. Households beyond the component cap are dissolved; organizations are
-- not, because that would split an account.
with observations as (

    select * from {{ ref('int_group_observations') }}
    where resolution_level = 'organization' and not is_over_limit

),

persons as (

    select
        resolved.space_id,
        resolved.person_number,
        anchors.id_rank as person_rank
    from {{ ref('int_identity_resolved') }} as resolved
    inner join {{ ref('int_identity_ranked_ids') }} as anchors on resolved.id_number = anchors.id_number
    where resolved.id_number = resolved.person_number

),

clusters as (

    -- Cut where a limit demands it.
    select
        components.node_number,
        coalesce(
            min(limited_rounds.node_number) over (partition by limited_rounds.parent_number), components.parent_number
        ) as group_number
    from {{ ref('int_group_components') }} as components
    left join {{ ref('int_group_limited_rounds') }} as limited_rounds on components.node_number = limited_rounds.node_number

),

households as (

    select
        persons.space_id,
        persons.person_number,
        first_persons.person_number as group_number,
        count(*) over (partition by clusters.group_number) as group_size
    from clusters
    inner join persons on clusters.node_number = 2 * persons.person_rank
    inner join persons as first_persons on clusters.group_number = 2 * first_persons.person_rank

),

organizations as (

    -- Whoever is observed with an organization's key is an organization of its own until a link says more; whoever alone
    -- holds more accounts than an organization may belongs to none.
    select distinct
        observations.person_number,
        coalesce(first_persons.person_number, observations.person_number) as group_number
    from observations
    left join clusters on observations.node_number = clusters.node_number
    left join persons as first_persons on clusters.group_number = 2 * first_persons.person_rank + 1

),

cumulated_sizes as (

    select
        space_id,
        group_size,
        sum(count(distinct group_number)) over (partition by space_id order by group_size) as households_up_to_size,
        sum(count(distinct group_number)) over (partition by space_id) as all_households
    from households
    where group_size > 1
    group by space_id, group_size

),

caps as (

    select
        space_id,
        greatest(min(group_size), {{ var('component_cap_floor') }}) as max_household_size
    from cumulated_sizes
    where households_up_to_size >= round({{ var('component_cap_percentile') }} * all_households, 6)
    group by space_id

),

final as (

    select
        persons.space_id,
        persons.person_number,
        coalesce(households.group_size > caps.max_household_size, false) as is_outlier_household,
        case
            when households.group_size > caps.max_household_size then persons.person_number
            else coalesce(households.group_number, persons.person_number)
        end as household_number,
        organizations.group_number as organization_number
    from persons
    left join households on persons.person_number = households.person_number
    left join caps on persons.space_id = caps.space_id
    left join organizations on persons.person_number = organizations.person_number

)

select * from final
