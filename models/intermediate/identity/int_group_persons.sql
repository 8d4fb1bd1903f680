-- Persons linked at a level above the individual, ranked by first visit: the first of a group is its anchor.
{{ config(meta={'lasts_for_a_run': true}) }}

with links as (

    select * from {{ ref('int_group_links') }}

),

ids as (

    select * from {{ ref('int_identity_ids') }}

),

linked_persons as (

    select
        resolution_level,
        person_number_a as person_number
    from links
    union distinct
    select
        resolution_level,
        person_number_b as person_number
    from links

),

final as (

    select
        linked_persons.resolution_level,
        linked_persons.person_number,
        row_number() over (
            partition by linked_persons.resolution_level
            order by {{ anchor_order('ids.id_number') }}
        ) as person_rank
    from linked_persons
    inner join ids on linked_persons.person_number = ids.id_number

)

select * from final
