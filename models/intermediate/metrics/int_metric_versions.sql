{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key='load_number',
        on_schema_change='append_new_columns',
        full_refresh=false
    )
}}

-- It outlives rebuilds: what was published stays published.
{% set has_published = is_incremental() and last_published_load() > 0 %}

with metric_values as (

    select * from {{ ref('int_metric_values') }}

),

restated_days as (

    select * from {{ ref('int_restated_days') }}
    {% if last_complete_load() == 0 %}
        -- A run that makes every table again does not know what it changed.
        where false
    {% endif %}

),

{% if has_published %}
    loads as (

        select * from {{ previous_run('event_loads') }}

    ),

    published_versions as (

        -- What a run wrote that failed later was never published.
        select
            versions.*,
            loads.started_at
        from {{ this }} as versions
        inner join loads on versions.load_number = loads.load_number
        where loads.is_complete

    ),

    published_values as (

        select * from published_versions
        qualify
            row_number() over (
                partition by metric_name, metric_date, dimension_name, dimension_value, currency_code
                order by load_number desc
            ) = 1

    ),

    newest_day as (

        -- By the clock too, because a sender's may be a day ahead.
        select least(max(metric_date), cast(max(started_at) as date)) as newest_date
        from published_versions

    ),

    published_metrics as (

        -- A metric that is new to this table restates nothing.
        select distinct
            published_versions.metric_name,
            newest_day.newest_date
        from published_versions
        cross join newest_day

    ),

    rules as (

        select count(distinct rules_fingerprint) > 1 or count(distinct events_fingerprint) > 1 as is_changed
        from loads
        where load_number in ({{ last_published_load() }}, {{ current_load() }})

    ),
{% else %}
    published_values as (

        select
            *,
            metric_value as new_value
        from metric_values
        where false

    ),

    published_metrics as (

        select
            metric_name,
            metric_date as newest_date
        from metric_values
        where false

    ),

    rules as (

        select false as is_changed

    ),
{% endif %}

old_and_new_values as (

    select
        metric_name,
        metric_date,
        dimension_name,
        dimension_value,
        currency_code,
        new_value as old_value,
        0 as new_value
    from published_values
    union all
    select
        metric_name,
        metric_date,
        dimension_name,
        dimension_value,
        currency_code,
        0 as old_value,
        metric_value as new_value
    from metric_values

),

values_of_both as (

    select
        metric_name,
        metric_date,
        dimension_name,
        dimension_value,
        currency_code,
        sum(old_value) as old_value,
        sum(new_value) as new_value
    from old_and_new_values
    group by metric_name, metric_date, dimension_name, dimension_value, currency_code

),

changed_values as (

    select * from values_of_both
    where old_value != new_value

),

restated_values as (

    select
        changed_values.*,
        coalesce(changed_values.metric_date < published_metrics.newest_date, false) as is_restatement,
        rules.is_changed as is_rule_change,
        case
            when changed_values.metric_name = 'sessions' then 'visits'
            when changed_values.metric_name = 'active_users' then 'visitors'
            when changed_values.metric_name in ('last_touch_conversions', 'last_touch_revenue') then 'credits'
            else 'conversions'
        end as counted_rows
    from changed_values
    left join published_metrics on changed_values.metric_name = published_metrics.metric_name
    cross join rules

),

ranked_causes as (

    -- What somebody decided comes first, what merely arrived comes last.
    select
        counted_rows,
        metric_date,
        cause,
        count(*) over (partition by counted_rows, metric_date) as cause_count,
        row_number() over (
            partition by counted_rows, metric_date
            order by
                case cause
                    when 'erasure' then 0
                    when 'override' then 2
                    when 'split' then 3
                    when 'merge' then 4
                    when 'duplicate' then 5
                    when 'late_events' then 6
                    else 1
                end,
                cause
        ) as cause_rank
    from restated_days

),

final as (

    select
        cast({{ current_load() }} as {{ dbt.type_bigint() }}) as load_number,
        restated_values.metric_name,
        restated_values.metric_date,
        restated_values.dimension_name,
        restated_values.dimension_value,
        restated_values.currency_code,
        cast(restated_values.old_value as {{ type_decimal(32, 8) }}) as old_value,
        cast(restated_values.new_value as {{ type_decimal(32, 8) }}) as new_value,
        restated_values.is_restatement,
        case
            when not restated_values.is_restatement then null
            when restated_values.is_rule_change then 'rule_change'
            else coalesce(ranked_causes.cause, '{{ "unknown" if last_complete_load() > 0 else "rebuild" }}')
        end as cause,
        case
            when restated_values.is_restatement and not restated_values.is_rule_change
                then ranked_causes.cause_count > 1
        end as has_other_causes
    from restated_values
    left join ranked_causes
        on
            restated_values.counted_rows = ranked_causes.counted_rows
            and restated_values.metric_date = ranked_causes.metric_date
            and ranked_causes.cause_rank = 1

)

select * from final
