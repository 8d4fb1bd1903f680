with rounds as (

    select * from {{ ref('int_identity_replay_rounds') }}
    where replay_order = 'strongest'

),

links as (

    select * from {{ ref('int_identity_replay_links') }}
    where replay_order = 'strongest'

),

ids as (

    select * from {{ ref('int_identity_ranked_ids') }}

),

persons as (

    select
        ids.id_number,
        ids.id_rank,
        anchors.id_number as person_number
    from rounds
    inner join ids on rounds.id_rank = ids.id_rank
    inner join ids as anchors on rounds.parent_rank = anchors.id_rank

),

final as (

    -- Replayed from the strongest link down, the last link on the way to the anchor is the weakest of the best path.
    select
        persons.id_number,
        round(coalesce(links.confidence, 1), 6) as identity_confidence
    from persons
    inner join rounds on persons.id_rank = rounds.id_rank
    left join links
        on
            persons.person_number = links.person_number
            and rounds.last_position = links.link_position

)

select * from final
