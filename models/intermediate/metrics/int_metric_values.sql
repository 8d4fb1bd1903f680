{{ config(materialized='view') }}

-- As metrics.yml defines them; each is summed or counted for the whole day and for each channel.
with sessions as (

    select * from {{ ref('sessions') }}

),

-- Apart from the sessions counted below, so that these are read once and never held whole.
channels as (

    select
        session_id,
        channel
    from {{ ref('sessions') }}

),

conversions as (

    select * from {{ ref('conversions') }}
    where not is_refund

),

credits as (

    select * from {{ ref('attributed_conversions') }}
    where attribution_model = 'last_touch' and not is_refund

),

visitors_of_days as (

    select
        cast(session_started_at as date) as metric_date,
        channel,
        {{ hash_64(['space_id', 'universal_id']) }} as person_number,
        count(*) as session_count
    from sessions
    group by metric_date, channel, person_number

),

visits as (

    select
        metric_date,
        'all' as dimension_name,
        'all' as dimension_value,
        sum(session_count) as session_count,
        count(distinct person_number) as person_count
    from visitors_of_days
    group by metric_date
    union all
    -- Here a person is one row.
    select
        metric_date,
        'session__channel' as dimension_name,
        channel as dimension_value,
        sum(session_count) as session_count,
        count(*) as person_count
    from visitors_of_days
    group by metric_date, channel

),

conversions_of_days as (

    select
        cast(conversions.converted_at as date) as metric_date,
        channels.channel,
        conversions.currency_code,
        count(*) as conversion_count,
        sum(conversions.revenue_amount) as revenue
    from conversions
    -- Orders that servers report lie in no session.
    left join channels on conversions.session_id = channels.session_id
    group by metric_date, channels.channel, conversions.currency_code

),

credits_of_days as (

    select
        cast(converted_at as date) as metric_date,
        identity_mode,
        channel,
        currency_code,
        sum(credit) as credit,
        sum(attributed_revenue) as revenue
    from credits
    group by metric_date, identity_mode, channel, currency_code

),

values_by_channel as (

    -- A number that is no money has no currency, so that it is one row whatever was paid in.
    select
        'conversions' as metric_name,
        metric_date,
        'session__channel' as dimension_name,
        channel,
        cast(null as {{ dbt.type_string() }}) as currency_code,
        cast(conversion_count as {{ type_decimal(32, 8) }}) as metric_value
    from conversions_of_days
    union all
    select
        'revenue' as metric_name,
        metric_date,
        'session__channel' as dimension_name,
        channel,
        currency_code,
        cast(revenue as {{ type_decimal(32, 8) }}) as metric_value
    from conversions_of_days
    union all
    select
        case identity_mode when 'graph' then 'last_touch_conversions' else 'last_touch_conversions_cookie' end as metric_name,
        metric_date,
        'credit__channel' as dimension_name,
        channel,
        cast(null as {{ dbt.type_string() }}) as currency_code,
        cast(credit as {{ type_decimal(32, 8) }}) as metric_value
    from credits_of_days
    union all
    select
        case identity_mode when 'graph' then 'last_touch_revenue' else 'last_touch_revenue_cookie' end as metric_name,
        metric_date,
        'credit__channel' as dimension_name,
        channel,
        currency_code,
        cast(revenue as {{ type_decimal(32, 8) }}) as metric_value
    from credits_of_days

),

combined as (

    select
        'sessions' as metric_name,
        metric_date,
        dimension_name,
        dimension_value,
        cast(null as {{ dbt.type_string() }}) as currency_code,
        cast(session_count as {{ type_decimal(32, 8) }}) as metric_value
    from visits
    union all
    select
        'active_users' as metric_name,
        metric_date,
        dimension_name,
        dimension_value,
        cast(null as {{ dbt.type_string() }}) as currency_code,
        cast(person_count as {{ type_decimal(32, 8) }}) as metric_value
    from visits
    union all
    select
        metric_name,
        metric_date,
        dimension_name,
        channel as dimension_value,
        currency_code,
        metric_value
    from values_by_channel
    union all
    select
        metric_name,
        metric_date,
        'all' as dimension_name,
        'all' as dimension_value,
        currency_code,
        metric_value
    from values_by_channel

),

totals as (

    select
        metric_name,
        metric_date,
        dimension_name,
        dimension_value,
        currency_code,
        cast(sum(metric_value) as {{ type_decimal(32, 8) }}) as metric_value
    from combined
    group by metric_name, metric_date, dimension_name, dimension_value, currency_code

),

final as (

    select * from totals
    where metric_value != 0

)

select * from final
