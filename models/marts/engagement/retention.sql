{% set cohort = 'space_id, identity_mode, cohort_period, cohort_date' %}
-- Events lie between 2000 and 2100; the first day of the calendar is a Monday.
{% set date_day = dbt.dateadd('day', 'day_number', "cast('1999-12-27' as date)") %}
{% set monday = dbt.dateadd('day', 'day_number - mod(day_number, 7)', "cast('1999-12-27' as date)") %}
with days as (

    select cast(generated_number as {{ dbt.type_int() }}) - 1 as day_number
    from ({{ dbt.generate_series(37000) }}) as numbers

),

calendar as (

    {% for period, first_day in {'week': monday, 'month': dbt.date_trunc('month', date_day)}.items() %}
        select  -- noqa: LT09
            '{{ period }}' as cohort_period, cast({{ date_day }} as date) as date_day, cast({{ first_day }} as date) as period_date
        from days
        {{ 'union all' if not loop.last }}
    {% endfor %}

),

activity as (

    select  -- noqa: LT09
        space_id, universal_id, anonymous_id, session_started_at as happened_at,
        true as is_active, false as is_converted, null as currency_code, null as revenue_amount
    from {{ ref('sessions') }}
    where has_consent
    union all
    select  -- noqa: LT09
        space_id, universal_id, anonymous_id, converted_at as happened_at,
        not is_refund as is_active, not is_refund as is_converted, null as currency_code,
        case when currency_code is null then revenue_amount end as revenue_amount
    from {{ ref('conversions') }}
    where has_consent
    union all
    -- Money of each currency has rows of its own, what was paid back among it.
    select  -- noqa: LT09
        space_id, universal_id, anonymous_id, converted_at as happened_at,
        false as is_active, false as is_converted, currency_code, revenue_amount
    from {{ ref('conversions') }}
    where has_consent and currency_code is not null and revenue_amount is not null

),

active_periods as (

    {% for mode, id in {'graph': 'universal_id', 'cookie': 'anonymous_id'}.items() %}
        select  -- noqa: LT09
            '{{ mode }}' as identity_mode, activity.space_id, activity.{{ id }} as identity_id,
            calendar.cohort_period, calendar.period_date, activity.currency_code,
            {{ dbt.bool_or('activity.is_active') }} as is_active,
            {{ dbt.bool_or('activity.is_converted') }} as is_converted,
            sum(activity.revenue_amount) as revenue
        from activity
        inner join calendar on cast(activity.happened_at as date) = calendar.date_day
        group by all
        {{ 'union all' if not loop.last }}
    {% endfor %}

),

members as (

    select
        *,
        min(case when is_active then period_date end) over (partition by space_id, identity_mode, identity_id, cohort_period) as cohort_date
    from active_periods

),

with_empty_periods as (

    -- Whoever was active in a period has one row of it without a currency.
    select {{ cohort }}, period_date, currency_code, is_active, is_converted, revenue  -- noqa: LT09
    from members
    where period_date >= cohort_date
    union all
    -- A period in which nobody of the cohort was there has a row, up to the newest in which anything happened.
    select cohorts.*, calendar.period_date, null as currency_code, false as is_active, false as is_converted, null as revenue  -- noqa: LT09
    from (select distinct {{ cohort }} from members) as cohorts  -- noqa: LT09
    inner join calendar on cohorts.cohort_period = calendar.cohort_period and cohorts.cohort_date <= calendar.date_day
    where calendar.date_day = calendar.period_date and calendar.date_day <= (select max(members.period_date) from members)

),

counted as (

    select  -- noqa: LT09
        {{ cohort }}, period_date, currency_code,
        count(case when is_active then 1 end) as active_person_count,
        count(case when is_converted then 1 end) as converted_person_count,
        cast(sum(revenue) as {{ type_decimal(28, 4) }}) as revenue
    from with_empty_periods
    group by {{ cohort }}, period_date, currency_code

),

final as (

    -- In its first period all of a cohort are active.
    select
        {{ cohort }},
        case cohort_period
            when 'week' then cast({{ dbt.datediff('cohort_date', 'period_date', 'day') }} / 7 as {{ dbt.type_bigint() }})
            else {{ dbt.datediff('cohort_date', 'period_date', 'month') }}
        end as period_number,
        period_date,
        period_date < max(period_date) over (partition by cohort_period) as is_complete_period,
        currency_code,
        case when currency_code is null then max(active_person_count) over (partition by {{ cohort }}) end as person_count,
        case when currency_code is null then active_person_count end as active_person_count,
        case when currency_code is null then converted_person_count end as converted_person_count,
        revenue
    from counted

)

select * from final
