with observations as (

    select * from {{ ref('int_identity_linkable_observations') }}
    where corroboration = 'mutual_best'

),

meetings as (

    -- Two ids behind one key value on one date. Skewed keys are gone by now, which bounds the pairs.
    select
        one.space_id,
        one.id_number as id_number_a,
        other.id_number as id_number_b,
        one.key_type,
        one.key_value,
        one.observed_date,
        one.min_shared_days,
        greatest(one.first_observed_at, other.first_observed_at) as both_observed_at
    from observations as one
    inner join observations as other
        on
            one.space_id = other.space_id
            and one.key_type = other.key_type
            and one.key_value = other.key_value
            and one.observed_date = other.observed_date
            and one.id_number < other.id_number

),

shared_days as (

    select *
    from meetings
    qualify
        row_number() over (
            partition by id_number_a, id_number_b, key_type, observed_date
            order by both_observed_at, key_value
        ) = 1

),

pairs as (

    select
        id_number_a,
        id_number_b,
        key_type,
        count(*) as shared_day_count
    from shared_days
    group by id_number_a, id_number_b, key_type

),

partners as (

    select
        id_number_a as id_number,
        id_number_b as partner_id_number,
        key_type,
        shared_day_count
    from pairs
    union all
    select
        id_number_b as id_number,
        id_number_a as partner_id_number,
        key_type,
        shared_day_count
    from pairs

),

best_partners as (

    -- A tie is no best.
    select
        id_number,
        partner_id_number,
        key_type
    from partners
    qualify
        rank() over (partition by id_number, key_type order by shared_day_count desc) = 1
        and count(*) over (partition by id_number, key_type, shared_day_count) = 1

),

corroborated_days as (

    select
        shared_days.*,
        min(shared_days.observed_date) over pair as earlier_date,
        row_number() over (pair order by shared_days.observed_date) as shared_day_number
    from shared_days
    inner join best_partners as best_of_a
        on
            shared_days.id_number_a = best_of_a.id_number
            and shared_days.id_number_b = best_of_a.partner_id_number
            and shared_days.key_type = best_of_a.key_type
    inner join best_partners as best_of_b
        on
            shared_days.id_number_b = best_of_b.id_number
            and shared_days.id_number_a = best_of_b.partner_id_number
            and shared_days.key_type = best_of_b.key_type
    window pair as (partition by shared_days.id_number_a, shared_days.id_number_b, shared_days.key_type)

),

final as (

    -- Known on the day that completes the required number.
    select
        space_id,
        id_number_a,
        id_number_b,
        key_type,
        key_value,
        earlier_date,
        observed_date as later_date,
        both_observed_at as linked_at,
        'mutual_best' as link_method
    from corroborated_days
    where shared_day_number = greatest(coalesce(min_shared_days, 1), 1)

)

select * from final
