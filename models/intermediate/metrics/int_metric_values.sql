{{ config(materialized='view') }}
with visitors_of_days as (

    select
        cast(session_started_at as date) as metric_date,
        channel,
        {{ hash_64(['space_id', 'universal_id']) }} as person_number,
        count(*) as session_count
    from {{ ref('sessions') }}
    group by metric_date, channel, person_number

),

counted as (

    select
        'conversions' as count_name,
        'revenue' as money_name,
        'session__channel' as dimension_name,
        cast(conversions.converted_at as date) as metric_date,
        sessions.channel,
        conversions.currency_code,
        1 as amount,
        conversions.revenue_amount as money_amount
    from {{ ref('conversions') }} as conversions
    left join {{ ref('sessions') }} as sessions on conversions.session_id = sessions.session_id
    where not conversions.is_refund
    union all
    select
        case identity_mode when 'graph' then 'last_touch_conversions' else 'last_touch_conversions_cookie' end as count_name,
        case identity_mode when 'graph' then 'last_touch_revenue' else 'last_touch_revenue_cookie' end as money_name,
        'credit__channel' as dimension_name,
        cast(converted_at as date) as metric_date,
        channel,
        currency_code,
        credit as amount,
        attributed_revenue as money_amount
    from {{ ref('attributed_conversions') }}
    where attribution_model = 'last_touch' and not is_refund

),

values_by_channel as (

    select
        count_name as metric_name,
        metric_date,
        dimension_name,
        channel as dimension_value,
        cast(null as {{ dbt.type_string() }}) as currency_code,
        cast(sum(amount) as {{ type_decimal(32, 8) }}) as metric_value
    from counted
    group by metric_name, metric_date, dimension_name, channel
    union all
    select
        money_name as metric_name,
        metric_date,
        dimension_name,
        channel as dimension_value,
        currency_code,
        cast(sum(money_amount) as {{ type_decimal(32, 8) }}) as metric_value
    from counted
    group by metric_name, metric_date, dimension_name, channel, currency_code
    union all
    select
        'sessions' as metric_name,
        metric_date,
        'session__channel' as dimension_name,
        channel as dimension_value,
        cast(null as {{ dbt.type_string() }}) as currency_code,
        cast(sum(session_count) as {{ type_decimal(32, 8) }}) as metric_value
    from visitors_of_days
    group by metric_date, channel

),

combined as (

    select * from values_by_channel
    union all
    select
        metric_name,
        metric_date,
        'all' as dimension_name,
        'all' as dimension_value,
        currency_code,
        cast(sum(metric_value) as {{ type_decimal(32, 8) }}) as metric_value
    from values_by_channel
    group by metric_name, metric_date, currency_code
    union all
    select
        'active_users' as metric_name,
        metric_date,
        'session__channel' as dimension_name,
        channel as dimension_value,
        null as currency_code,
        count(*) as metric_value
    from visitors_of_days
    group by metric_date, channel
    union all
    select
        'active_users' as metric_name,
        metric_date,
        'all' as dimension_name,
        'all' as dimension_value,
        null as currency_code,
        count(distinct person_number) as metric_value
    from visitors_of_days
    group by metric_date

),

final as (

    select * from combined
    where metric_value != 0

)

select * from final
