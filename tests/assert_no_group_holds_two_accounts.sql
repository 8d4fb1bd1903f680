-- No organization, and no household of two persons or more, holds more values of a limited key (two accounts, by default) than
-- the rules allow.
with limited_values as (

    select * from {{ ref('int_group_observations') }}
    where max_values_per_profile is not null

),

users as (

    select * from {{ ref('users') }}

),

ids as (

    select * from {{ ref('int_identity_ids') }}

),

persons as (

    select distinct
        ids.id_number as person_number,
        users.space_id,
        users.household_id,
        users.organization_id
    from users
    inner join ids
        on
            users.space_id = ids.space_id
            and users.universal_id = ids.node_id

),

members as (

    select
        'household' as resolution_level,
        space_id,
        household_id as group_id,
        person_number
    from persons
    union all
    select
        'organization' as resolution_level,
        space_id,
        organization_id as group_id,
        person_number
    from persons
    where organization_id is not null

)

select
    members.resolution_level,
    members.space_id,
    members.group_id,
    limited_values.key_type,
    count(distinct limited_values.key_number) as value_count,
    min(limited_values.max_values_per_profile) as max_values_per_profile
from members
inner join limited_values
    on
        members.resolution_level = limited_values.resolution_level
        and members.person_number = limited_values.person_number
group by members.resolution_level, members.space_id, members.group_id, limited_values.key_type
having
    count(distinct limited_values.key_number) > min(limited_values.max_values_per_profile)
    and (members.resolution_level = 'organization' or count(distinct members.person_number) > 1)
