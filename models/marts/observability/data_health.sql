{% set percentile = 'percentile_cont' if target.type == 'bigquery' else 'quantile_cont' %}
{% set of_day = 'partition by signals.series_number, signals.health_date' %}

with signals as (

    select
        *,
        {{ hash_64(['signal_name', 'scope', 'subject']) }} as series_number,
        part_count / cast(coalesce(base_count, 1) as {{ type_double() }}) as measured_value,
        max(health_date) over () as newest_date
    from {{ ref('int_daily_signals') }}

),

past as (

    -- Each day is the past of the same weekday of the eight weeks that follow.
    {% for week in range(1, 9) %}
        select
            series_number,
            cast({{ dbt.dateadd('day', 7 * week, 'health_date') }} as date) as health_date,
            measured_value
        from signals
        {{ 'union all' if not loop.last }}
    {% endfor %}

),

with_past as (

    select
        signals.*,
        past.measured_value as past_value,
        count(past.measured_value) over ({{ of_day }}) as history_days,
        {{ percentile }}(past.measured_value, 0.5) over ({{ of_day }}) as expected_value
    from signals
    left join past on signals.series_number = past.series_number and signals.health_date = past.health_date

),

compared as (

    -- 1.4826 makes the median deviation of a normal distribution its standard deviation. A past that happens to be still
    -- would make everything an alarm: no scale is smaller than what the thresholds say, nor than the noise of counting.
    select
        signals.*,
        thresholds.{{ all_but(['signal_name', 'direction']) }},  -- noqa: RF02
        cast({{ dbt.dateadd('day', '-thresholds.settle_days', 'signals.newest_date') }} as date) as newest_complete_date,
        case
            when signals.expected_value is not null then greatest(
                1.4826 * {{ percentile }}(abs(signals.past_value - signals.expected_value), 0.5) over ({{ of_day }}),
                thresholds.min_relative_scale * signals.expected_value,
                thresholds.min_scale,
                sqrt(signals.expected_value / coalesce(signals.base_count, 1))
            )
        end as scale_value
    from with_past as signals
    inner join {{ ref('health_thresholds') }} as thresholds
        on signals.signal_name = thresholds.signal_name and thresholds.direction = case
            when signals.part_count = 0 then 'gone'
            when signals.measured_value < signals.expected_value then 'below'
            else 'above'
        end
    qualify row_number() over ({{ of_day }} order by signals.past_value) = 1

),

scored as (

    -- Rounded, because engines differ in the last digit.
    select
        *,
        round((measured_value - expected_value) / scale_value, 2) as z_score,
        case
            when health_date > newest_complete_date then 'day_incomplete'
            when history_days < min_history_days then 'not_enough_history'
            when coalesce(base_count, expected_value) < min_expected then 'too_few_rows'
        end as not_judged_reason
    from compared

),

final as (

    select
        signals.signal_name,
        signals.scope,
        signals.subject,
        signals.health_date,
        signals.part_count,
        signals.base_count,
        cast(round(signals.measured_value, 6) as {{ type_double() }}) as measured_value,
        cast(signals.history_days as {{ dbt.type_bigint() }}) as history_days,
        cast(round(signals.expected_value, 6) as {{ type_double() }}) as expected_value,
        cast(round(signals.scale_value, 6) as {{ type_double() }}) as scale_value,
        cast(signals.z_score as {{ type_double() }}) as z_score,
        case
            when signals.not_judged_reason is null and abs(signals.z_score) >= signals.error_z then 'error'
            when signals.not_judged_reason is null and abs(signals.z_score) >= signals.warn_z then 'warn'
            else 'ok'
        end as alert_level,
        signals.not_judged_reason,
        signals.health_date = signals.newest_complete_date as is_newest_complete_day,
        case when signals.not_judged_reason is null and abs(signals.z_score) >= signals.warn_z then acknowledgements.until_date end
            as acknowledged_until_date,
        signals.alert,
        signals.owner,
        {{ dbt.concat(["'docs/runbook/'", 'signals.alert', "'.md'"]) }} as runbook
    from scored as signals
    left join {{ ref('alert_acknowledgements') }} as acknowledgements
        on
            signals.alert = acknowledgements.alert
            and signals.scope = coalesce(acknowledgements.scope, signals.scope)
            and signals.subject = coalesce(acknowledgements.subject, signals.subject)
            and signals.health_date <= acknowledgements.until_date
    qualify row_number() over ({{ of_day }} order by acknowledgements.until_date desc) = 1

)

select * from final
