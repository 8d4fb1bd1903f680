with changed_persons as (

    select distinct person_number
    from {{ ref('int_identity_changed_ids') }}

),

links as (

    select
        person_number,
        least(id_rank_a, id_rank_b) as id_rank_a,
        greatest(id_rank_a, id_rank_b) as id_rank_b,
        linked_at,
        confidence
    from {{ ref('int_identity_links') }}
    where person_number is not null

),

links_of_changed_persons as (

    select links.*
    from links
    inner join changed_persons on links.person_number = changed_persons.person_number

),

final as (

    select
        'first_known' as replay_order,
        person_number,
        id_rank_a,
        id_rank_b,
        linked_at,
        confidence,
        row_number() over (
            partition by person_number order by linked_at, id_rank_a, id_rank_b
        ) - 1 as link_position
    from links_of_changed_persons
    union all
    select
        'strongest' as replay_order,
        person_number,
        id_rank_a,
        id_rank_b,
        linked_at,
        confidence,
        row_number() over (
            partition by person_number order by confidence desc, id_rank_a asc, id_rank_b asc
        ) - 1 as link_position
    from links

)

select * from final
