with rounds as (

    select * from {{ ref('int_identity_replay_rounds') }}
    where replay_order = 'strongest'

),

links as (

    select * from {{ ref('int_identity_replay_links') }}
    where replay_order = 'strongest'

),

persons as (

    select * from {{ ref('int_identity_changed_persons') }}

),

final as (

    -- Replayed from the strongest link down, the last link on the way to the anchor is the weakest of the best path.
    select
        persons.id_number,
        round(coalesce(links.confidence, 1), 6) as identity_confidence
    from persons
    left join rounds on persons.id_rank = rounds.id_rank
    left join links
        on
            persons.person_number = links.person_number
            and rounds.last_position = links.link_position

)

select * from final
