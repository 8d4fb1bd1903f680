with observations as (

    select * from {{ ref('int_identity_linkable_observations') }}
    where corroboration = 'mutual_best'

),

key_values as (

    select * from {{ ref('int_identity_key_values') }}

),

meetings as (

    -- Two ids behind one key value on one date. Skewed keys are gone by now, which bounds the pairs.
    select
        one.id_number,
        other.id_number as partner_id_number,
        one.key_type,
        one.key_number,
        key_values.key_value,
        one.observed_date,
        one.min_shared_days,
        greatest(one.first_observed_at, other.first_observed_at) as both_observed_at
    from observations as one
    inner join observations as other
        on
            one.key_number = other.key_number
            and one.observed_date = other.observed_date
            and one.id_number != other.id_number
    left join key_values on one.key_number = key_values.key_number

),

shared_days as (

    select *
    from meetings
    qualify
        row_number() over (
            partition by id_number, partner_id_number, key_type, observed_date
            order by both_observed_at, key_value
        ) = 1

),

partners as (

    select
        id_number,
        partner_id_number,
        key_type,
        count(*) as shared_day_count
    from shared_days
    group by id_number, partner_id_number, key_type

),

best_partners as (

    -- A tie is no best.
    select
        id_number,
        partner_id_number,
        key_type,
        shared_day_count
    from partners
    qualify
        rank() over (partition by id_number, key_type order by shared_day_count desc) = 1
        and count(*) over (partition by id_number, key_type, shared_day_count) = 1

),

corroborated_days as (

    select
        shared_days.*,
        best_partners.shared_day_count,
        min(shared_days.observed_date) over partnership as earlier_date,
        row_number() over (partnership order by shared_days.observed_date) as shared_day_number
    from shared_days
    inner join best_partners
        on
            shared_days.id_number = best_partners.id_number
            and shared_days.partner_id_number = best_partners.partner_id_number
            and shared_days.key_type = best_partners.key_type
    window partnership as (partition by shared_days.id_number, shared_days.key_type)

),

final as (

    -- Known on the day that completes the required number.
    select
        id_number,
        partner_id_number,
        key_type,
        key_number,
        shared_day_count,
        earlier_date,
        observed_date as later_date,
        both_observed_at as known_at
    from corroborated_days
    where shared_day_number = greatest(coalesce(min_shared_days, 1), 1)

)

select * from final
