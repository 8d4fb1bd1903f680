{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key='load_number',
        on_schema_change='append_new_columns',
        full_refresh=false
    )
}}
{# It outlives rebuilds: what was published stays published. A run without news changes no value, so it adds none up. #}
{% set value_columns = 'metric_name, metric_date, dimension_name, dimension_value, currency_code' %}
{% set metrics_of_persons = "('active_users', 'last_touch_conversions', 'last_touch_revenue')" %}

with metric_values as (

    select * from {{ ref('int_metric_values') }}

),

published_versions as (

    {% if is_incremental() %}
        -- What a run wrote that failed later was never published.
        select
            versions.*,
            loads.started_at
        from {{ this }} as versions
        inner join {{ previous_run('event_loads') }} as loads on versions.load_number = loads.load_number
        where loads.is_complete
    {% else %}
        select *, 0 as old_value, metric_value as new_value, cast(null as {{ dbt.type_timestamp() }}) as started_at  -- noqa: LT09
        from metric_values
        where false
    {% endif %}

),

published_metrics as (

    -- Its newest day was still filling up; by the clock too, because a sender's may be a day ahead.
    select
        metric_name,
        least(max(max(metric_date)) over (), cast(max(max(started_at)) over () as date)) as newest_date
    from published_versions
    group by metric_name

),

rules as (

    select count(distinct rules_fingerprint) > 1 or count(distinct events_fingerprint) > 1 as is_changed
    from (
        select * from {{ previous_run('event_loads') }}
        where is_complete or load_number = {{ current_load() }}
        order by load_number desc limit 2
    ) as loads

),

old_and_new_values as (

    -- All changes of a value together are what was published last.
    select
        {{ value_columns }},
        new_value - old_value as published_value,
        0 as metric_value
    from published_versions
    union all
    select
        {{ value_columns }},
        0 as published_value,
        metric_value
    from metric_values

),

changed_values as (

    select
        {{ value_columns }},
        cast(sum(published_value) as {{ type_decimal(32, 8) }}) as old_value,
        cast(sum(metric_value) as {{ type_decimal(32, 8) }}) as new_value
    from old_and_new_values
    group by {{ value_columns }}
    having sum(published_value) != sum(metric_value)

),

final as (

    -- A metric that is new to this table restates nothing.
    select
        cast({{ current_load() }} as {{ dbt.type_bigint() }}) as load_number,
        changed_values.*,
        published_metrics.metric_name is not null as is_restatement,
        case
            when published_metrics.metric_name is null then null
            when rules.is_changed then 'rule_change'
            when {{ last_complete_load() }} = 0 then 'rebuild'
            when changed_values.metric_name in {{ metrics_of_persons }} then coalesce(restated_days.cause, 'unknown')
            else coalesce(restated_days.cookie_cause, 'unknown')
        end as cause,
        case
            when published_metrics.metric_name is null or rules.is_changed then null
            when changed_values.metric_name in {{ metrics_of_persons }} then restated_days.has_other_causes
            else restated_days.has_other_cookie_causes
        end as has_other_causes
    from changed_values
    cross join rules
    left join published_metrics
        on
            changed_values.metric_name = published_metrics.metric_name
            and changed_values.metric_date < published_metrics.newest_date
    left join {{ ref('int_restated_days') }} as restated_days on changed_values.metric_date = restated_days.metric_date

)

select * from final
where {{ not execute or has_news() }}
