{{
    config(
        materialized='incremental',
        incremental_strategy='replace_changed',
        unique_key=['space_id', 'universal_id'],
        meta={
            'changed_entities': {
                'model': 'int_changed_journeys', 'columns': ['space_id', 'identity_id'], 'since': 'qualified_at'
            }
        }
    )
}}

with changed_journeys as (

    select * from {{ ref('int_changed_journeys') }}

),

sessions as (

    select touches.*
    from {{ ref('int_touches') }} as touches
    {% if is_incremental() %}
        inner join changed_journeys on touches.person_number = changed_journeys.identity_number
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

    select * from {{ ref('conversions') }}

),

definitions as (

    select * from {{ ref('cohort_definitions') }}
    where is_enabled

),

converted_sessions as (

    select
        session_id,
        count(*) as conversion_count
    from conversions
    group by session_id

),

behaviour as (

    -- What was known of the person when each session ended.
    select
        persons.person_number,
        persons.space_id,
        persons.universal_id,
        sessions.session_id,
        sessions.session_started_at,
        sessions.session_ended_at,
        persons.first_visit_at,
        persons.identity_confidence,
        persons.is_activatable,
        sum(sessions.event_count) over sessions_so_far as event_count,
        count(*) over sessions_so_far as session_count,
        coalesce(sum(converted_sessions.conversion_count) over sessions_so_far, 0)
        - coalesce(converted_sessions.conversion_count, 0) as prior_conversion_count
    from sessions
    inner join persons on sessions.person_number = persons.person_number
    left join converted_sessions on sessions.session_id = converted_sessions.session_id
    window
        sessions_so_far as (
            partition by sessions.person_number
            order by sessions.session_started_at, sessions.anonymous_id
            rows between unbounded preceding and current row
        )

),

final as (

    select
        definitions.cohort_name,
        behaviour.space_id,
        behaviour.universal_id,
        behaviour.session_id,
        behaviour.session_ended_at as qualified_at,
        behaviour.identity_confidence,
        behaviour.is_activatable
    from behaviour
    inner join definitions
        on
            (
                definitions.max_days_since_first_seen is null
                or {{ dbt.datediff('behaviour.first_visit_at', 'behaviour.session_started_at', 'day') }}
                <= definitions.max_days_since_first_seen
            )
            and behaviour.event_count >= coalesce(definitions.min_event_count, 0)
            and behaviour.session_count >= coalesce(definitions.min_session_count, 0)
            and (
                definitions.max_prior_conversions is null
                or behaviour.prior_conversion_count <= definitions.max_prior_conversions
            )
    {% if is_incremental() %}
        inner join changed_journeys on behaviour.person_number = changed_journeys.identity_number
        where
            changed_journeys.changed_from_at is null
            or behaviour.session_ended_at >= changed_journeys.changed_from_at
    {% endif %}

)

select * from final
