-- Persons observed at a level above the individual, ranked by first visit: the first of a group is its anchor.
with observations as (

    select * from {{ ref('int_group_observations') }}

),

ids as (

    select * from {{ ref('int_identity_ids') }}

),

observed_persons as (

    select distinct
        resolution_level,
        person_number
    from observations

),

final as (

    select
        observed_persons.resolution_level,
        observed_persons.person_number,
        row_number() over (
            partition by observed_persons.resolution_level
            order by ids.first_visit_at, ids.anonymous_id, ids.space_id
        ) as person_rank
    from observed_persons
    inner join ids on observed_persons.person_number = ids.id_number

)

select * from final
