-- All evidence inside the components that break a limit. Neighbour links suffice for plain components, but where a limit
-- refuses one of them the pair it bridged must still be found: here every pair within the window is linked.
with components as (

    select * from {{ ref('identity_components') }}

),

limit_breaks as (

    select * from {{ ref('int_identity_limit_breaks') }}

),

offending_ids as (

    select components.id_number
    from components
    inner join limit_breaks on components.component_number = limit_breaks.component_number

),

observations as (

    select linkable.*
    from {{ ref('int_identity_linkable_observations') }} as linkable
    inner join offending_ids on linkable.id_number = offending_ids.id_number
    where linkable.corroboration is null

),

with_previous as (

    select
        *,
        lag(observed_date) over (
            partition by id_number, key_type, key_value order by observed_date
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
            partition by id_number, key_type, key_value order by observed_date
        ) as run_number
    from with_previous

),

runs as (

    -- A run is seen from its first to its last day without a gap beyond the window. Runs are few where days are many.
    select
        space_id,
        key_type,
        key_value,
        id_number,
        window_days,
        min(observed_date) as start_date,
        max(observed_date) as end_date,
        min(first_observed_at) as started_at
    from with_run_number
    group by space_id, key_type, key_value, id_number, window_days, run_number

),

pairs as (

    select
        one.space_id,
        least(one.id_number, other.id_number) as id_number_a,
        greatest(one.id_number, other.id_number) as id_number_b,
        one.key_type,
        one.key_value,
        one.id_number as earlier_id_number,
        one.window_days,
        other.start_date as later_date,
        other.started_at as linked_at
    from runs as one
    inner join runs as other
        on
            one.space_id = other.space_id
            and one.key_type = other.key_type
            and one.key_value = other.key_value
            and one.id_number != other.id_number
            and (
                one.started_at < other.started_at
                or (one.started_at = other.started_at and one.id_number < other.id_number)
            )
            and {{ dbt.datediff('one.end_date', 'other.start_date', 'day') }} <= one.window_days

),

first_pairs as (

    select *
    from pairs
    qualify
        row_number() over (
            partition by id_number_a, id_number_b, key_type, key_value
            order by linked_at, later_date, earlier_id_number
        ) = 1

),

chain_evidence as (

    select
        first_pairs.space_id,
        first_pairs.id_number_a,
        first_pairs.id_number_b,
        first_pairs.key_type,
        first_pairs.key_value,
        min(observations.observed_date) as earlier_date,
        first_pairs.later_date,
        first_pairs.linked_at,
        'chain' as link_method
    from first_pairs
    inner join observations
        on
            first_pairs.earlier_id_number = observations.id_number
            and first_pairs.key_type = observations.key_type
            and first_pairs.key_value = observations.key_value
            and first_pairs.later_date >= observations.observed_date
            and {{ dbt.datediff('observations.observed_date', 'first_pairs.later_date', 'day') }}
            <= first_pairs.window_days
    group by
        first_pairs.space_id,
        first_pairs.id_number_a,
        first_pairs.id_number_b,
        first_pairs.key_type,
        first_pairs.key_value,
        first_pairs.later_date,
        first_pairs.linked_at

),

other_links as (

    select candidate_links.*
    from {{ ref('int_identity_candidate_links') }} as candidate_links
    inner join offending_ids on candidate_links.id_number_a = offending_ids.id_number
    where candidate_links.link_method != 'chain'

),

final as (

    select * from chain_evidence
    union all
    select * from other_links

)

select * from final
