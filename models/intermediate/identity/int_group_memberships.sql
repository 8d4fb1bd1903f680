-- The household and the organization of each person. A household larger than the cap is dissolved; an organization
-- is not, because that would split an account.
with resolved as (

    select * from {{ ref('int_identity_resolved') }}

),

group_components as (

    select
        *,
        count(*) over (partition by resolution_level, group_number) as group_size
    from {{ ref('group_components') }}

),

persons as (

    select distinct
        space_id,
        person_number
    from resolved

),

final as (

    select
        persons.space_id,
        persons.person_number,
        case
            when households.group_size <= {{ var('component_cap_floor') }} then households.group_number
            else persons.person_number
        end as household_number,
        organizations.group_number as organization_number
    from persons
    left join group_components as households
        on
            persons.person_number = households.person_number
            and households.resolution_level = 'household'
    left join group_components as organizations
        on
            persons.person_number = organizations.person_number
            and organizations.resolution_level = 'organization'

)

select * from final
