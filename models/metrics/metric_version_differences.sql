{{ config(materialized='view') }}

-- A metric on trial has its own CTEs down to one named after it, which `pairs` takes up; both sides are computed as
-- metrics.yml defines them, for the days of the trial only.
with sessions as (

    select * from {{ ref('sessions') }}

),

trials as (

    select * from {{ ref('metric_signoffs') }}

),

active_users_sessions as (

    select
        trials.metric_name,
        trials.old_version,
        trials.new_version,
        cast(sessions.session_started_at as date) as metric_date,
        sessions.space_id,
        sessions.channel,
        sessions.has_consent,
        sessions.space_id || ':' || sessions.universal_id as person_id
    from sessions
    inner join trials
        on cast(sessions.session_started_at as date) between trials.trial_from_date and trials.trial_to_date
    where
        trials.metric_name = 'active_users'
        and trials.old_version = 1
        and trials.new_version = 2

),

active_users_dimensions as (

    select
        *,
        'all' as dimension_name,
        'all' as dimension_value
    from active_users_sessions
    union all
    select
        *,
        'session__space_id' as dimension_name,
        space_id as dimension_value
    from active_users_sessions
    union all
    select
        *,
        'session__channel' as dimension_name,
        channel as dimension_value
    from active_users_sessions

),

active_users as (

    select
        metric_name,
        old_version,
        new_version,
        metric_date,
        dimension_name,
        dimension_value,
        count(distinct person_id) as old_value,
        count(distinct case when has_consent then person_id end) as new_value
    from active_users_dimensions
    group by metric_name, old_version, new_version, metric_date, dimension_name, dimension_value

),

pairs as (

    select * from active_users

),

final as (

    select
        pairs.metric_name,
        cast(pairs.old_version as {{ dbt.type_bigint() }}) as old_version,
        cast(pairs.new_version as {{ dbt.type_bigint() }}) as new_version,
        pairs.metric_date,
        pairs.dimension_name,
        pairs.dimension_value,
        cast(pairs.old_value as {{ type_decimal(32, 8) }}) as old_value,
        cast(pairs.new_value as {{ type_decimal(32, 8) }}) as new_value,
        cast(pairs.new_value - pairs.old_value as {{ type_decimal(32, 8) }}) as value_difference,
        trials.signed_off_on is null as is_trial_open
    from pairs
    inner join trials
        on
            pairs.metric_name = trials.metric_name
            and pairs.old_version = trials.old_version
            and pairs.new_version = trials.new_version

)

select * from final
