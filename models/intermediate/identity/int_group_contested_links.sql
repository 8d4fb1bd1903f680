-- One row per pair of contested persons that a key links, in the order in which pairs may merge.
{{ config(meta={'lasts_for_a_run': true}) }}

with links as (

    select * from {{ ref('int_group_links') }}

),

persons as (

    select * from {{ ref('int_group_contested_persons') }}

),

rules as (

    select * from {{ ref('identity_key_rules') }}

),

pairs as (

    select
        persons_a.resolution_level,
        persons_a.group_number,
        least(persons_a.node_number, persons_b.node_number) as node_number_a,
        greatest(persons_a.node_number, persons_b.node_number) as node_number_b,
        min(rules.priority) as priority,
        count(*) as evidence_count,
        min(links.linked_at) as linked_at
    from links
    inner join persons as persons_a
        on
            links.resolution_level = persons_a.resolution_level
            and links.person_number_a = persons_a.person_number
    inner join persons as persons_b
        on
            links.resolution_level = persons_b.resolution_level
            and links.person_number_b = persons_b.person_number
    inner join rules
        on
            links.resolution_level = rules.resolution_level
            and links.key_type = rules.key_type
    group by persons_a.resolution_level, persons_a.group_number, node_number_a, node_number_b

),

final as (

    select
        node_number_a,
        node_number_b,
        row_number() over (
            partition by resolution_level, group_number
            order by priority asc, evidence_count desc, linked_at asc, node_number_a asc, node_number_b asc
        ) as link_position
    from pairs

)

select * from final
