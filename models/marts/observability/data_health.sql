{% set weeks_of_past = 8 %}
{% set percentile = 'percentile_cont' if target.type == 'bigquery' else 'quantile_cont' %}

with signals as (

    select
        signal_name,
        scope,
        subject,
        signal_date as health_date,
        part_count,
        base_count,
        part_count / cast(coalesce(base_count, 1) as {{ type_double() }}) as measured_value
    from {{ ref('int_daily_signals') }}

),

thresholds as (

    select * from {{ ref('health_thresholds') }}

),

acknowledgements as (

    select * from {{ ref('alert_acknowledgements') }}

),

newest_day as (

    select max(health_date) as newest_date
    from signals

),

weeks as (

    {% for week in range(1, weeks_of_past + 1) %}
        select {{ 7 * week }} as day_count
        {{ 'union all' if not loop.last }}
    {% endfor %}

),

past as (

    -- Each day is the past of the same weekday of the weeks that follow.
    select
        signals.signal_name,
        signals.scope,
        signals.subject,
        cast({{ dbt.dateadd('day', 'weeks.day_count', 'signals.health_date') }} as date) as health_date,
        signals.measured_value
    from signals
    cross join weeks

),

with_median as (

    select
        *,
        {{ percentile }}(measured_value, 0.5)
            over (partition by signal_name, scope, subject, health_date) as median_value
    from past

),

with_deviation as (

    select
        *,
        {{ percentile }}(abs(measured_value - median_value), 0.5)
            over (partition by signal_name, scope, subject, health_date) as median_deviation
    from with_median

),

expectations as (

    select
        signal_name,
        scope,
        subject,
        health_date,
        count(*) as history_days,
        min(median_value) as expected_value,
        min(median_deviation) as median_deviation
    from with_deviation
    group by signal_name, scope, subject, health_date

),

compared as (

    select
        signals.signal_name,
        signals.scope,
        signals.subject,
        signals.health_date,
        signals.part_count,
        signals.base_count,
        signals.measured_value,
        expectations.expected_value,
        expectations.median_deviation,
        coalesce(expectations.history_days, 0) as history_days,
        case
            when signals.part_count = 0 then 'gone'
            when signals.measured_value < expectations.expected_value then 'below'
            else 'above'
        end as direction
    from signals
    left join expectations
        on
            signals.signal_name = expectations.signal_name
            and signals.scope = expectations.scope
            and signals.subject = expectations.subject
            and signals.health_date = expectations.health_date

),

with_scale as (

    -- 1.4826 makes the median deviation of a normal distribution its standard deviation. A past that happens to be still
    -- would make everything an alarm: no scale is smaller than what the thresholds say, nor than the noise of counting.
    select
        compared.*,
        thresholds.alert,
        thresholds.owner,
        thresholds.warn_z,
        thresholds.error_z,
        case
            when compared.expected_value is not null then greatest(
                1.4826 * compared.median_deviation,
                thresholds.min_relative_scale * compared.expected_value,
                thresholds.min_scale,
                sqrt(compared.expected_value / coalesce(compared.base_count, 1))
            )
        end as scale_value,
        compared.health_date = cast(
            {{ dbt.dateadd('day', '-thresholds.settle_days', 'newest_day.newest_date') }} as date
        ) as is_newest_complete_day,
        case
            when compared.health_date > cast(
                {{ dbt.dateadd('day', '-thresholds.settle_days', 'newest_day.newest_date') }} as date
            ) then 'day_incomplete'
            when compared.history_days < thresholds.min_history_days then 'not_enough_history'
            when coalesce(compared.base_count, compared.expected_value) < thresholds.min_expected then 'too_few_rows'
        end as not_judged_reason
    from compared
    cross join newest_day
    inner join thresholds
        on
            compared.signal_name = thresholds.signal_name
            and compared.direction = thresholds.direction

),

acknowledged as (

    select
        with_scale.signal_name,
        with_scale.scope,
        with_scale.subject,
        with_scale.health_date,
        max(acknowledgements.until_date) as until_date
    from with_scale
    inner join acknowledgements
        on
            with_scale.alert = acknowledgements.alert
            and with_scale.scope = coalesce(acknowledgements.scope, with_scale.scope)
            and with_scale.subject = coalesce(acknowledgements.subject, with_scale.subject)
            and with_scale.health_date <= acknowledgements.until_date
    group by with_scale.signal_name, with_scale.scope, with_scale.subject, with_scale.health_date

),

scored as (

    -- Rounded, because engines differ in the last digit.
    select
        with_scale.*,
        acknowledged.until_date as acknowledged_until_date,
        round((with_scale.measured_value - with_scale.expected_value) / with_scale.scale_value, 2) as z_score
    from with_scale
    left join acknowledged
        on
            with_scale.signal_name = acknowledged.signal_name
            and with_scale.scope = acknowledged.scope
            and with_scale.subject = acknowledged.subject
            and with_scale.health_date = acknowledged.health_date

),

final as (

    select
        signal_name,
        scope,
        subject,
        health_date,
        part_count,
        base_count,
        cast(round(measured_value, 6) as {{ type_double() }}) as measured_value,
        cast(history_days as {{ dbt.type_bigint() }}) as history_days,
        cast(round(expected_value, 6) as {{ type_double() }}) as expected_value,
        cast(round(scale_value, 6) as {{ type_double() }}) as scale_value,
        cast(z_score as {{ type_double() }}) as z_score,
        case
            when not_judged_reason is not null then 'ok'
            when abs(z_score) >= error_z then 'error'
            when abs(z_score) >= warn_z then 'warn'
            else 'ok'
        end as alert_level,
        not_judged_reason,
        is_newest_complete_day,
        case when not_judged_reason is null and abs(z_score) >= warn_z then acknowledged_until_date end as acknowledged_until_date,
        alert,
        owner,
        {{ dbt.concat(["'docs/runbook/'", 'alert', "'.md'"]) }} as runbook
    from scored

)

select * from final
