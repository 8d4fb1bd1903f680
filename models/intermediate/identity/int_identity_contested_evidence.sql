-- All evidence inside the components that break a limit. Neighbour links suffice for plain components, but where a limit
-- refuses one of them the pair it bridged must still be found: here every pair within the window is linked.
{{ config(meta={'lasts_for_a_run': true}) }}

with contested_ids as (

    select * from {{ ref('int_identity_contested_ids') }}

),

observations as (

    select
        linkable.*,
        contested_ids.id_rank
    from {{ ref('int_identity_linkable_observations') }} as linkable
    inner join contested_ids on linkable.id_number = contested_ids.id_number
    where linkable.corroboration is null

),

with_previous as (

    select
        *,
        lag(observed_date) over (
            partition by id_number, key_number order by observed_date
        ) as previous_observed_date
    from observations

),

with_run_number as (

    select
        *,
        sum(
            case
                when {{ dbt.datediff('previous_observed_date', 'observed_date', 'day') }} <= window_days then 0
                else 1
            end
        ) over (
            partition by id_number, key_number order by observed_date
        ) as run_number
    from with_previous

),

runs as (

    -- A run is seen from its first to its last day without a gap beyond the window. Runs are few where days are many.
    select
        key_type,
        key_number,
        id_number,
        id_rank,
        window_days,
        min(observed_date) as start_date,
        max(observed_date) as end_date,
        min(first_observed_at) as started_at
    from with_run_number
    group by key_type, key_number, id_number, id_rank, window_days, run_number

),

pairs as (

    select
        least(one.id_number, other.id_number) as id_number_a,
        greatest(one.id_number, other.id_number) as id_number_b,
        one.key_type,
        one.key_number,
        one.id_number as earlier_id_number,
        one.id_rank as earlier_id_rank,
        one.window_days,
        other.start_date as later_date,
        other.started_at as linked_at
    from runs as one
    inner join runs as other
        on
            one.key_number = other.key_number
            and one.id_number != other.id_number
            and (
                one.started_at < other.started_at
                or (one.started_at = other.started_at and one.id_rank < other.id_rank)
            )
            and {{ dbt.datediff('one.end_date', 'other.start_date', 'day') }} <= one.window_days

),

first_pairs as (

    select *
    from pairs
    qualify
        row_number() over (
            partition by id_number_a, id_number_b, key_number
            order by linked_at, later_date, earlier_id_rank
        ) = 1

),

chain_evidence as (

    select
        first_pairs.id_number_a,
        first_pairs.id_number_b,
        first_pairs.key_type,
        first_pairs.key_number,
        min(observations.observed_date) as earlier_date,
        first_pairs.later_date,
        first_pairs.linked_at,
        'chain' as link_method
    from first_pairs
    inner join observations
        on
            first_pairs.earlier_id_number = observations.id_number
            and first_pairs.key_number = observations.key_number
            and first_pairs.later_date >= observations.observed_date
            and {{ dbt.datediff('observations.observed_date', 'first_pairs.later_date', 'day') }}
            <= first_pairs.window_days
    group by
        first_pairs.id_number_a,
        first_pairs.id_number_b,
        first_pairs.key_type,
        first_pairs.key_number,
        first_pairs.later_date,
        first_pairs.linked_at

),

other_links as (

    select {{ all_but(['id_rank_a', 'id_rank_b']) }}  -- noqa: RF02
    from {{ ref('int_identity_candidate_links') }}
    where link_method != 'chain'

),

final as (

    select * from chain_evidence
    union all
    select other_links.*
    from other_links
    inner join contested_ids on other_links.id_number_a = contested_ids.id_number

)

select * from final
