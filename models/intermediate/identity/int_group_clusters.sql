-- The group of each linked person, cut where a limit demands it.
{{ config(materialized='view') }}

with components as (

    select * from {{ ref('int_group_components') }}

),

contested_persons as (

    select * from {{ ref('int_group_contested_persons') }}

),

rounds as (

    select * from {{ ref('int_group_rejoined_rounds') }}

),

anchors as (

    select
        node_number,
        min(node_number) over (partition by parent_number) as anchor_number
    from rounds

),

limited_groups as (

    select
        persons.resolution_level,
        persons.person_number,
        anchor_persons.person_number as group_number
    from anchors
    inner join contested_persons as persons on anchors.node_number = persons.node_number
    inner join contested_persons as anchor_persons on anchors.anchor_number = anchor_persons.node_number

),

final as (

    select
        components.resolution_level,
        components.person_number,
        coalesce(limited_groups.group_number, components.group_number) as group_number
    from components
    left join limited_groups
        on
            components.resolution_level = limited_groups.resolution_level
            and components.person_number = limited_groups.person_number

)

select * from final
