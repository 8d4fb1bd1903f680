{{ config(materialized='view') }}
{% set key_columns = canonical_key_types() %}
{% set period_started_at = dbt.dateadd('day', '-' ~ var('statistics_period_days'), 'max(last_seen_at)') %}
{% set is_of_loads_of_the_period = is_of_loads(
    'events.load_number', 'int_events_received', 'occurred_at > (select ' ~ period_started_at ~ ' from ' ~ ref('int_identity_ids') ~ ')'
) %}

with data_clock as (

    select {{ period_started_at }} as period_started_at
    from {{ ref('int_identity_ids') }}

),

enabled_key_types as (

    select distinct key_type
    from {{ ref('identity_key_rules') }}
    where is_enabled

),

canonical_keys as (

    select
        {% for key_column in key_columns %}
            count(events.{{ key_column }}) as {{ key_column }},
        {% endfor %}
        events.space_id,
        events.has_consent
    from {{ ref('int_events') }} as events
    inner join data_clock on events.occurred_at > data_clock.period_started_at
    where {{ is_of_loads_of_the_period }}
    group by events.space_id, events.has_consent

),

keys_of_events as (

    {% for key_column in key_columns %}
        select
            space_id,
            has_consent,
            '{{ key_column }}' as key_type,
            {{ key_column }} as event_count
        from canonical_keys
        union all
    {% endfor %}
    select
        events.space_id,
        events.has_consent,
        custom_key.key_type,
        count(*) as event_count
    from {{ ref('int_events') }} as events
    inner join data_clock on events.occurred_at > data_clock.period_started_at
    cross join {{ unnest_custom_keys('events.custom_keys', 'custom_key') }}  -- noqa: AL05
    where events.custom_keys is not null and {{ is_of_loads_of_the_period }}
    group by events.space_id, events.has_consent, custom_key.key_type

),

logins as (

    -- The first event of a session and source that says who it is.
    select
        sessions.space_id,
        sessions.visitor_number,
        events.source_name,
        sessions.session_ended_at,
        min(events.occurred_at) as logged_in_at
    from {{ ref('int_events') }} as events
    inner join {{ ref('int_sessions') }} as sessions
        on
            events.id_number = sessions.visitor_number
            and events.occurred_at between sessions.session_started_at and sessions.session_ended_at
    inner join data_clock on sessions.session_started_at > data_clock.period_started_at
    where
        {{ is_of_loads_of_the_period }}
        and events.is_observed and events.user_id is not null and not events.is_anonymous_id_derived
    group by sessions.space_id, sessions.visitor_number, events.source_name, sessions.session_ended_at

),

final as (

    select
        keys_of_events.space_id,
        'share_without_consent_by_key' as metric,
        keys_of_events.key_type as breakdown,
        sum(case when keys_of_events.has_consent then 0 else keys_of_events.event_count end)
        / sum(keys_of_events.event_count) as metric_value,
        sum(keys_of_events.event_count) as sample_size
    from keys_of_events
    inner join enabled_key_types on keys_of_events.key_type = enabled_key_types.key_type
    where keys_of_events.event_count > 0
    group by keys_of_events.space_id, keys_of_events.key_type
    union all
    select
        logins.space_id,
        'share_of_events_with_user_id_after_login' as metric,
        logins.source_name as breakdown,
        count(events.user_id) / count(*) as metric_value,
        count(*) as sample_size
    from logins
    inner join {{ ref('int_events') }} as events
        on
            logins.visitor_number = events.id_number
            and logins.source_name = events.source_name
            and logins.logged_in_at < events.occurred_at
            and logins.session_ended_at >= events.occurred_at
    where events.is_observed and {{ is_of_loads_of_the_period }}
    group by logins.space_id, logins.source_name

)

select * from final
