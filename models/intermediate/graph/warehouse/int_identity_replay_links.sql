with links as (

    select * from {{ ref('int_identity_changed_links') }}

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
    from links
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
