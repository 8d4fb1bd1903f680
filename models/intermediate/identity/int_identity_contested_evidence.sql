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

pairs as (

    select
        one.space_id,
        least(one.id_number, other.id_number) as id_number_a,
        greatest(one.id_number, other.id_number) as id_number_b,
        one.key_type,
        one.key_value,
        one.observed_date as earlier_date,
        other.observed_date as later_date,
        greatest(one.first_observed_at, other.first_observed_at) as linked_at,
        'chain' as link_method
    from observations as one
    inner join observations as other
        on
            one.space_id = other.space_id
            and one.key_type = other.key_type
            and one.key_value = other.key_value
            and one.id_number != other.id_number
            and one.observed_date <= other.observed_date
            and {{ dbt.datediff('one.observed_date', 'other.observed_date', 'day') }} <= one.window_days

),

first_pairs as (

    select *
    from pairs
    qualify
        row_number() over (
            partition by id_number_a, id_number_b, key_type, key_value
            order by linked_at, later_date, earlier_date
        ) = 1

),

other_links as (

    select candidate_links.*
    from {{ ref('int_identity_candidate_links') }} as candidate_links
    inner join offending_ids on candidate_links.id_number_a = offending_ids.id_number
    where candidate_links.link_method != 'chain'

),

final as (

    select * from first_pairs
    union all
    select * from other_links

)

select * from final
