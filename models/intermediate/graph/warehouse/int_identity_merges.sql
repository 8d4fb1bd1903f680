with rounds as (

    select * from {{ ref('int_identity_replay_rounds') }}
    where replay_order = 'first_known'

),

chains as (

    select * from {{ ref('int_identity_replay_chains') }}

),

links as (

    select * from {{ ref('int_identity_replay_links') }}
    where replay_order = 'first_known'

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

possible_names as (

    -- An id bears its own name first, then older and older ones.
    select
        id_rank,
        id_rank as name_rank
    from rounds
    union all
    select
        id_rank,
        older_rank as name_rank
    from chains

),

possible_renames as (

    select
        possible_names.id_rank,
        possible_names.name_rank,
        rounds.joined_position,
        rounds.linked_rank,
        max(rounds.joined_position) over (
            partition by possible_names.id_rank
            order by possible_names.name_rank desc
            rows between unbounded preceding and 1 preceding
        ) as last_joined_position
    from possible_names
    inner join rounds on possible_names.name_rank = rounds.id_rank

),

names as (

    -- Not those that were given up before the id came to bear them.
    select
        *,
        lead(name_rank) over (partition by id_rank order by name_rank desc) as next_name_rank
    from possible_renames
    where
        joined_position is null
        or last_joined_position is null
        or joined_position > last_joined_position

),

final as (

    select
        persons.id_number,
        next_names.id_number as person_number,
        links.linked_at as merged_at,
        least(ends_a.id_number, ends_b.id_number) as id_number_a,
        greatest(ends_a.id_number, ends_b.id_number) as id_number_b,
        linked_ids.id_number as linked_id_number,
        links.link_position as replay_position
    from names
    inner join persons on names.id_rank = persons.id_rank
    inner join persons as next_names on names.next_name_rank = next_names.id_rank
    inner join persons as linked_ids on names.linked_rank = linked_ids.id_rank
    inner join links
        on
            persons.person_number = links.person_number
            and names.joined_position = links.link_position
    inner join persons as ends_a on links.id_rank_a = ends_a.id_rank
    inner join persons as ends_b on links.id_rank_b = ends_b.id_rank

)

select * from final
