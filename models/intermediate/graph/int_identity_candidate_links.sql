-- Evidence found by the cheap methods; components that break a limit are linked again, pair by pair.
with ids as (

    select * from {{ ref('int_identity_ranked_ids') }}

),

observations as (

    select
        linkable.*,
        ids.id_rank
    from {{ ref('int_identity_linkable_observations') }} as linkable
    inner join ids on linkable.id_number = ids.id_number
    where linkable.corroboration is null

),

best_partners as (

    select * from {{ ref('int_identity_best_partners') }}

),

shared_ids as (

    select distinct visitor_number as id_number
    from {{ ref('int_shared_events') }}

),

always_links as (

    -- Of an id that several users shared only a user's part can be joined.
    select distinct
        least(ids_a.id_number, ids_b.id_number) as id_number_a,
        greatest(ids_a.id_number, ids_b.id_number) as id_number_b,
        greatest(ids_a.first_seen_at, ids_b.first_seen_at) as linked_at
    from {{ ref('identity_overrides') }} as overrides
    inner join ids as ids_a on overrides.space_id = ids_a.space_id and overrides.anonymous_id_a = ids_a.node_id
    inner join ids as ids_b on overrides.space_id = ids_b.space_id and overrides.anonymous_id_b = ids_b.node_id
    where
        overrides.override_type = 'always_link' and ids_a.id_number != ids_b.id_number
        and ids_a.id_number not in (select shared_ids.id_number from shared_ids)
        and ids_b.id_number not in (select shared_ids.id_number from shared_ids)

),

chain_links as (

    {{ chain_links('observations', ['key_number'], 'id_rank') }}

),

links as (

    select * from chain_links
    union all
    select
        best_of_a.id_number as id_number_a,
        best_of_b.id_number as id_number_b,
        best_of_a.key_type,
        best_of_a.key_number,
        best_of_a.earlier_date,
        best_of_a.later_date,
        best_of_a.known_at as linked_at,
        'mutual_best' as link_method
    from best_partners as best_of_a
    inner join best_partners as best_of_b
        on
            best_of_a.partner_id_number = best_of_b.id_number
            and best_of_a.id_number = best_of_b.partner_id_number
            and best_of_a.key_type = best_of_b.key_type
            and best_of_a.id_number < best_of_b.id_number
    union all
    select
        id_number_a,
        id_number_b,
        'override' as key_type,
        {{ hash_64(["'override'"]) }} as key_number,
        cast(linked_at as date) as earlier_date,
        cast(linked_at as date) as later_date,
        linked_at,
        'override' as link_method
    from always_links

),

final as (

    select
        links.*,
        ids_a.id_rank as id_rank_a,
        ids_b.id_rank as id_rank_b
    from links
    inner join ids as ids_a on links.id_number_a = ids_a.id_number
    inner join ids as ids_b on links.id_number_b = ids_b.id_number

)

select * from final
