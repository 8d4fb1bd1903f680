{{
    config(
        materialized='incremental',
        incremental_strategy='replace_changed',
        unique_key=['space_id', 'universal_id'],
        meta={'changed_entities': {'model': 'int_changed_persons', 'columns': ['space_id', 'identity_id']}}
    )
}}
{% set never = "cast('9999-12-31' as " ~ dbt.type_timestamp() ~ ")" %}

with changed_persons as (

    select * from {{ ref('int_changed_persons') }}

),

sessions as (

    select touches.*
    from {{ ref('int_touches') }} as touches
    {% if is_incremental() %}
        inner join changed_persons on touches.person_number = changed_persons.identity_number
    {% endif %}
    where touches.has_consent

),

persons as (

    select
        *,
        {{ hash_64(['space_id', 'universal_id']) }} as person_number
    from {{ ref('persons') }}

),

conversions as (

    select
        {{ hash_64(['space_id', 'universal_id']) }} as person_number,
        conversion_id,
        converted_at
    from {{ ref('conversions') }}
    where has_consent and not is_refund

),

definitions as (

    select * from {{ ref('cohort_definitions') }}
    where is_enabled

),

numbered_conversions as (

    select
        person_number,
        converted_at,
        row_number() over (partition by person_number order by converted_at, conversion_id) as conversion_number
    from conversions

),

prior_conversions as (

    -- The one that this session made is among them.
    select
        sessions.session_id,
        count(*) as conversion_count,
        max(numbered_conversions.converted_at) as last_converted_at
    from sessions
    inner join numbered_conversions
        on
            sessions.person_number = numbered_conversions.person_number
            and sessions.session_ended_at >= numbered_conversions.converted_at
    group by sessions.session_id

),

behaviour as (

    -- What was known of the person when each session ended.
    select
        persons.person_number,
        persons.space_id,
        persons.universal_id,
        sessions.session_id,
        sessions.session_ended_at,
        persons.first_visit_at,
        persons.identity_confidence,
        persons.is_activatable,
        sum(sessions.event_count) over sessions_so_far as event_count,
        count(*) over sessions_so_far as session_count,
        max(sessions.session_ended_at) over sessions_so_far as last_seen_at,
        lead(sessions.session_started_at) over (
            partition by sessions.person_number order by sessions.session_started_at, sessions.anonymous_id
        ) as next_seen_at,
        coalesce(prior_conversions.conversion_count, 0) as prior_conversion_count,
        prior_conversions.last_converted_at
    from sessions
    inner join persons on sessions.person_number = persons.person_number
    left join prior_conversions on sessions.session_id = prior_conversions.session_id
    window
        sessions_so_far as (
            partition by sessions.person_number
            order by sessions.session_started_at, sessions.anonymous_id
            rows between unbounded preceding and current row
        )

),

moments as (

    -- Days are 24 hours. What happens after the session, or stops being true, ends the membership.
    select
        definitions.cohort_name,
        behaviour.space_id,
        behaviour.universal_id,
        behaviour.session_id,
        behaviour.identity_confidence,
        behaviour.is_activatable,
        behaviour.session_ended_at,
        -- Without the condition the session's own end is no later than the others.
        case
            when definitions.min_days_since_last_session is null then behaviour.session_ended_at
            else {{ dbt.dateadd('hour', '24 * definitions.min_days_since_last_session', 'behaviour.last_seen_at') }}
        end as quiet_since_at,
        case
            when definitions.min_days_since_last_conversion is null then behaviour.session_ended_at
            else {{ dbt.dateadd('hour', '24 * definitions.min_days_since_last_conversion', 'behaviour.last_converted_at') }}
        end as unconverted_since_at,
        coalesce(case
            when definitions.max_days_since_first_seen is not null
                then {{ dbt.dateadd('hour', '24 * definitions.max_days_since_first_seen', 'behaviour.first_visit_at') }}
        end, {{ never }}) as grown_old_at,
        coalesce(case
            when definitions.max_days_since_last_session is not null
                then {{ dbt.dateadd('hour', '24 * definitions.max_days_since_last_session', 'behaviour.last_seen_at') }}
        end, {{ never }}) as grown_quiet_at,
        coalesce(case
            when definitions.max_days_since_last_conversion is not null
                then {{ dbt.dateadd('hour', '24 * definitions.max_days_since_last_conversion', 'behaviour.last_converted_at') }}
        end, {{ never }}) as purchase_grown_old_at,
        coalesce(case when definitions.min_days_since_last_session is not null then behaviour.next_seen_at end, {{ never }})
            as returned_at,
        coalesce(next_conversions.converted_at, {{ never }}) as converted_at
    from behaviour
    inner join definitions
        on
            behaviour.event_count >= coalesce(definitions.min_event_count, 0)
            and behaviour.session_count >= coalesce(definitions.min_session_count, 0)
            and (
                definitions.max_prior_conversions is null
                or behaviour.prior_conversion_count <= definitions.max_prior_conversions
            )
            -- Who never converted did it neither lately nor long ago.
            and (
                behaviour.last_converted_at is not null
                or (
                    definitions.min_days_since_last_conversion is null
                    and definitions.max_days_since_last_conversion is null
                )
            )
    left join numbered_conversions as next_conversions
        on
            behaviour.person_number = next_conversions.person_number
            and next_conversions.conversion_number = case
                when definitions.min_days_since_last_conversion is not null then behaviour.prior_conversion_count + 1
                else definitions.max_prior_conversions + 1
            end

),

states as (

    select
        *,
        greatest(session_ended_at, quiet_since_at, unconverted_since_at) as qualified_at,
        least(grown_old_at, grown_quiet_at, purchase_grown_old_at, returned_at, converted_at) as ended_at
    from moments

),

final as (

    select
        cohort_name,
        space_id,
        universal_id,
        session_id,
        qualified_at,
        case when ended_at < {{ never }} then ended_at end as ended_at,
        case
            when ended_at = {{ never }} then null
            when ended_at = converted_at then 'converted'
            when ended_at = returned_at then 'returned'
            when ended_at = grown_old_at then 'first_seen_too_long_ago'
            when ended_at = grown_quiet_at then 'last_session_too_long_ago'
            else 'last_conversion_too_long_ago'
        end as end_reason,
        identity_confidence,
        is_activatable
    from states
    where
        qualified_at <= ended_at
        and qualified_at < least(returned_at, converted_at)

)

select * from final
