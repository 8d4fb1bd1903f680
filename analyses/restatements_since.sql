-- What changed in published numbers since last Monday, or another day, and why: one row per value and cause, the largest
-- changes first. A value that several loads changed for one cause is one row; value_before and value_now are the same for
-- all its causes.
--
--   dbt --quiet show --select restatements_since --limit 50 --output json --vars '{restated_since: 2026-02-02}'
{% set monday = run_started_at - modules.datetime.timedelta(days=run_started_at.weekday()) %}
{% set since = var('restated_since', monday.strftime('%Y-%m-%d')) %}

with restatements as (

    select * from {{ ref('metric_restatements') }}
    where restated_at >= cast('{{ since }}' as {{ dbt.type_timestamp() }})

),

with_ends as (

    select
        *,
        first_value(old_value) over whole_value as value_before,
        last_value(new_value) over whole_value as value_now
    from restatements
    window
        whole_value as (
            partition by metric_name, metric_date, dimension_name, dimension_value, currency_code
            order by load_number
            rows between unbounded preceding and unbounded following
        )

),

final as (

    select
        metric_name,
        metric_date,
        dimension_name,
        dimension_value,
        currency_code,
        value_before,
        value_now,
        cause,
        sum(value_difference) as difference_by_cause,
        max(restated_at) as last_restated_at
    from with_ends
    group by
        metric_name, metric_date, dimension_name, dimension_value, currency_code, value_before, value_now, cause

)

select * from final
order by
    abs(difference_by_cause) desc,
    metric_name asc,
    metric_date asc,
    dimension_name asc,
    dimension_value asc,
    currency_code asc,
    cause asc
