-- The household and the organization of each person. Households beyond the component cap are dissolved; organizations are
-- not, because that would split an account.
with observations as (

    select * from {{ ref('int_group_observations') }}
    where resolution_level = 'organization' and not is_over_limit

),

resolved as (

    select * from {{ ref('int_identity_resolved') }}

),

persons as (

    select resolved.space_id, resolved.person_number, anchors.id_rank as person_rank  -- noqa: LT09
    from resolved
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

sightings as (

    -- As of a cluster of ids: its size is the most persons active within the same 30 days.
    select distinct households.group_number, households.person_number, active_days.active_date as observed_date, 29 as window_days  -- noqa: LT09
    from households
    inner join resolved on households.person_number = resolved.person_number
    inner join {{ ref('int_active_days') }} as active_days on resolved.id_number = active_days.id_number
    where households.group_size > {{ var('component_cap_floor') }}

),

window_sizes as (

    {{ largest_in_window('sightings', ['group_number'], 'person_number') }}

),

active_sizes as (

    select distinct
        households.space_id,
        households.group_number,
        coalesce(window_sizes.member_count, households.group_size) as group_size
    from households
    left join window_sizes on households.group_number = window_sizes.group_number
    where households.group_size > 1

),

caps as (

    {{ component_caps('active_sizes', 'group_size') }}

),

final as (

    select
        persons.space_id,
        persons.person_number,
        coalesce(active_sizes.group_size > caps.max_size, false) as is_outlier_household,
        case
            when active_sizes.group_size > caps.max_size then persons.person_number
            else coalesce(households.group_number, persons.person_number)
        end as household_number,
        organizations.group_number as organization_number
    from persons
    left join households on persons.person_number = households.person_number
    left join active_sizes on households.group_number = active_sizes.group_number
    left join caps on persons.space_id = caps.space_id
    left join organizations on persons.person_number = organizations.person_number

)

select * from final
