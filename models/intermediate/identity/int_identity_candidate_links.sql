-- Evidence found by the cheap methods; components that break a limit are linked again, pair by pair.
with ids as (

    select * from {{ ref('int_identity_ranked_ids') }}

),

observations as (

    select
        linkable.*,
        ids.anonymous_id
    from {{ ref('int_identity_linkable_observations') }} as linkable
    inner join ids on linkable.id_number = ids.id_number
    where linkable.corroboration is null

),

best_partners as (

    select * from {{ ref('int_identity_best_partners') }}

),

always_links as (

    select * from {{ ref('int_identity_overrides') }}
    where override_type = 'always_link'

),

neighbours as (

    -- Neighbours in time have the same components as all pairs within the window, for the price of a sort.
    select
        *,
        lag(id_number) over key_in_time as previous_id_number,
        lag(observed_date) over key_in_time as previous_observed_date
    from observations
    -- Not by number where both came at one moment: engines number ids differently.
    window key_in_time as (partition by key_number order by first_observed_at, anonymous_id)

),

chain_links as (

    select
        least(id_number, previous_id_number) as id_number_a,
        greatest(id_number, previous_id_number) as id_number_b,
        key_type,
        key_number,
        previous_observed_date as earlier_date,
        observed_date as later_date,
        -- Sorted by time, so the later of the two made it known.
        first_observed_at as linked_at,
        'chain' as link_method
    from neighbours
    where
        id_number != previous_id_number
        and {{ dbt.datediff('previous_observed_date', 'observed_date', 'day') }} <= window_days
    qualify
        row_number() over (
            partition by id_number_a, id_number_b, key_number
            order by linked_at, later_date, earlier_date
        ) = 1

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
