with shared_ids as (

    select distinct id_number, visitor_number from {{ ref('int_shared_events') }}  -- noqa: LT09

),

observations as (

    select
        linkable.*,
        coalesce(shared_ids.visitor_number, linkable.id_number) as visitor_number
    from {{ ref('int_identity_linkable_observations') }} as linkable
    left join shared_ids on linkable.id_number = shared_ids.id_number
    where linkable.corroboration = 'mutual_best'

),

meetings as (

    -- Two ids behind one key value on one date, each pair once. Skewed keys are gone by now, which bounds the pairs.
    select
        one.id_number as id_number_a,
        other.id_number as id_number_b,
        one.key_type,
        one.key_number,
        one.observed_date,
        greatest(coalesce(one.min_shared_days, 1), 1) as min_shared_days,
        greatest(one.first_observed_at, other.first_observed_at) as both_observed_at
    from observations as one
    inner join observations as other
        on
            one.key_number = other.key_number
            and one.observed_date = other.observed_date
            and one.id_number < other.id_number
            -- Users of one id are behind its ip together.
            and one.visitor_number != other.visitor_number

),

pairs as (

    -- Who shares too few days is the best of nobody who has a best.
    select id_number_a, id_number_b, key_type, min_shared_days, count(distinct observed_date) as shared_day_count  -- noqa: LT09
    from meetings
    group by id_number_a, id_number_b, key_type, min_shared_days
    having count(distinct observed_date) >= min_shared_days

),

partners as (

    select *, id_number_a as id_number, id_number_b as partner_id_number from pairs  -- noqa: LT09
    union all
    select *, id_number_b as id_number, id_number_a as partner_id_number from pairs  -- noqa: LT09

),

best_partners as (

    -- A tie is no best.
    select *
    from partners
    qualify
        rank() over (partition by id_number, key_type order by shared_day_count desc) = 1
        and count(*) over (partition by id_number, key_type, shared_day_count) = 1

),

shared_days as (

    select
        best_partners.*,
        meetings.key_number,
        meetings.observed_date,
        meetings.both_observed_at
    from best_partners
    inner join meetings
        on
            best_partners.id_number_a = meetings.id_number_a
            and best_partners.id_number_b = meetings.id_number_b
            and best_partners.key_type = meetings.key_type
    left join {{ ref('int_identity_key_values') }} as key_values on meetings.key_number = key_values.key_number
    qualify
        row_number() over (
            partition by best_partners.id_number, best_partners.key_type, meetings.observed_date
            order by meetings.both_observed_at, key_values.key_value
        ) = 1

),

numbered_days as (

    select
        *,
        min(observed_date) over partnership as earlier_date,
        row_number() over (partnership order by observed_date) as shared_day_number
    from shared_days
    window partnership as (partition by id_number, key_type)

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
    from numbered_days
    where shared_day_number = min_shared_days

)

select * from final
