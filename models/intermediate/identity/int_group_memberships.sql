-- The household and the organization of each person. Households beyond the component cap are dissolved; organizations are
-- not, because that would split an account.
with resolved as (

    select * from {{ ref('int_identity_resolved') }}

),

clusters as (

    select * from {{ ref('int_group_clusters') }}

),

observations as (

    select * from {{ ref('int_group_observations') }}
    where resolution_level = 'organization'

),

over_limit as (

    select distinct person_number
    from {{ ref('int_group_limited_values') }}
    where resolution_level = 'organization' and value_count > max_values_per_profile

),

persons as (

    select distinct
        space_id,
        person_number
    from resolved

),

households as (

    select
        persons.space_id,
        persons.person_number,
        clusters.group_number,
        count(*) over (partition by clusters.group_number) as group_size
    from persons
    inner join clusters on persons.person_number = clusters.person_number
    where clusters.resolution_level = 'household'

),

persons_of_organizations as (

    select distinct persons.person_number
    from persons
    inner join observations on persons.person_number = observations.person_number
    left join over_limit on persons.person_number = over_limit.person_number
    where over_limit.person_number is null

),

organizations as (

    -- Whoever is observed with an organization's key is an organization of its own until a link says more; whoever alone
    -- holds more accounts than an organization may belongs to none.
    select
        persons_of_organizations.person_number,
        coalesce(clusters.group_number, persons_of_organizations.person_number) as group_number
    from persons_of_organizations
    left join clusters
        on
            persons_of_organizations.person_number = clusters.person_number
            and clusters.resolution_level = 'organization'

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
