-- Persons of groups that hold more values of a limited key than they may, numbered over both levels by first visit.
{{ config(meta={'lasts_for_a_run': true}) }}

with components as (

    select * from {{ ref('int_group_components') }}

),

limited_values as (

    select * from {{ ref('int_group_limited_values') }}

),

persons as (

    select * from {{ ref('int_group_persons') }}

),

limit_breaks as (

    select
        components.resolution_level,
        components.group_number,
        limited_values.key_type
    from limited_values
    inner join components
        on
            limited_values.resolution_level = components.resolution_level
            and limited_values.person_number = components.person_number
    group by components.resolution_level, components.group_number, limited_values.key_type
    having count(distinct limited_values.key_number) > min(limited_values.max_values_per_profile)

),

contested_groups as (

    select distinct
        resolution_level,
        group_number
    from limit_breaks

),

final as (

    select
        components.resolution_level,
        components.person_number,
        components.group_number,
        row_number() over (order by persons.resolution_level, persons.person_rank) as node_number
    from components
    inner join contested_groups
        on
            components.resolution_level = contested_groups.resolution_level
            and components.group_number = contested_groups.group_number
    inner join persons
        on
            components.resolution_level = persons.resolution_level
            and components.person_number = persons.person_number

)

select * from final
