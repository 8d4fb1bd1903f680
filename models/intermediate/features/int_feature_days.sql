-- What happened before an id joined is the person's, but only from the day on which it joins: known_date.
{{ config(meta={'lasts_for_a_run': true}) }}

with memberships as (

    select * from {{ ref('int_feature_memberships') }}

),

facts as (

    select
        memberships.person_number,
        active_days.active_date as fact_date,
        greatest(active_days.active_date, memberships.joined_date) as known_date,
        active_days.event_count,
        active_days.login_event_count,
        0 as session_count,
        0 as conversion_count,
        cast(null as {{ type_decimal(18, 4) }}) as revenue_amount,
        cast(null as {{ dbt.type_string() }}) as currency_code
    from {{ ref('int_active_days') }} as active_days
    inner join memberships on active_days.id_number = memberships.id_number
    where active_days.is_visit and active_days.active_date < memberships.left_date
    union all
    select
        memberships.person_number,
        cast(sessions.session_started_at as date) as fact_date,
        greatest(cast(sessions.session_started_at as date), memberships.joined_date) as known_date,
        0 as event_count,
        0 as login_event_count,
        1 as session_count,
        0 as conversion_count,
        cast(null as {{ type_decimal(18, 4) }}) as revenue_amount,
        cast(null as {{ dbt.type_string() }}) as currency_code
    from {{ ref('int_sessions') }} as sessions
    inner join memberships on sessions.id_number = memberships.id_number
    where sessions.has_consent and cast(sessions.session_started_at as date) < memberships.left_date
    union all
    select
        memberships.person_number,
        cast(conversions.converted_at as date) as fact_date,
        greatest(cast(conversions.converted_at as date), memberships.joined_date) as known_date,
        0 as event_count,
        0 as login_event_count,
        0 as session_count,
        case when conversions.is_refund then 0 else 1 end as conversion_count,
        conversions.revenue_amount,
        case when conversions.revenue_amount is not null then coalesce(conversions.currency_code, '') end as currency_code
    from {{ ref('conversions') }} as conversions
    inner join memberships on {{ hash_64(['conversions.space_id', 'conversions.node_id']) }} = memberships.id_number
    where conversions.has_consent and cast(conversions.converted_at as date) < memberships.left_date

),

counted as (

    select
        person_number,
        fact_date,
        known_date,
        {% for count in ['event_count', 'login_event_count', 'session_count', 'conversion_count'] %}
            cast(sum({{ count }}) as {{ dbt.type_int() }}) as {{ count }},
        {% endfor %}
        sum(revenue_amount) as revenue_amount,
        min(currency_code) as first_currency_code,
        max(currency_code) as last_currency_code
    from facts
    group by person_number, fact_date, known_date

),

final as (

    select
        *,
        -- Two ids on one day are one active day, known with the first of them.
        case
            when
                event_count > 0
                and known_date = min(case when event_count > 0 then known_date end) over (partition by person_number, fact_date)
                then 1
            else 0
        end as active_day_count
    from counted

)

select * from final
