{{
    config(
        materialized='incremental',
        incremental_strategy='replace_changed',
        unique_key=['space_id', 'universal_id'],
        meta={'changed_entities': {'model': 'int_changed_persons', 'columns': ['space_id', 'identity_id']}}
    )
}}
-- depends_on: {{ ref('int_changed_persons') }}
{% set never = "cast('9999-12-31' as " ~ dbt.type_timestamp() ~ ")" %}
-- When the conditions of a definition begin to hold, and what ends them. Days are 24 hours.
{% set quiet_since = dbt.dateadd('hour', '24 * definitions.min_days_since_last_session', 'moments.session_ended_at') %}
{% set unconverted_since = dbt.dateadd('hour', '24 * definitions.min_days_since_last_conversion', 'moments.converted_at') %}
{% set days_since_last_conversion = 'coalesce(definitions.min_days_since_last_conversion, definitions.max_days_since_last_conversion)' %}
{% set ends = {
    'converted': 'next_conversions.converted_at',
    'returned': 'case when definitions.min_days_since_last_session is not null then moments.next_seen_at end',
    'first_seen_too_long_ago': dbt.dateadd('hour', '24 * definitions.max_days_since_first_seen', 'persons.first_visit_at'),
    'last_session_too_long_ago': dbt.dateadd('hour', '24 * definitions.max_days_since_last_session', 'moments.session_ended_at'),
    'last_conversion_too_long_ago': dbt.dateadd('hour', '24 * definitions.max_days_since_last_conversion', 'moments.converted_at')
} %}
{% set ended_at = 'least(' ~ ends | join(', ') ~ ')' %}
with sessions as (

    -- What was known of the person when each session ended.
    select
        sessions.space_id,
        sessions.universal_id,
        sessions.session_id,
        sessions.session_ended_at,
        sum(sessions.event_count) over so_far as event_count,
        count(*) over so_far as session_count,
        -- Sessions of two devices may overlap.
        min(sessions.session_started_at) over (so_far rows between 1 following and unbounded following) as next_seen_at
    from {{ ref('sessions') }} as sessions
    {% if is_incremental() %}
        inner join {{ ref('int_changed_persons') }} as changed
            on sessions.space_id = changed.space_id and sessions.universal_id = changed.identity_id
    {% endif %}
    where sessions.has_consent
    window so_far as (partition by sessions.space_id, sessions.universal_id order by sessions.session_ended_at, sessions.session_id)

),

conversions as (

    select
        space_id,
        universal_id,
        conversion_id,
        converted_at,
        row_number() over in_order as conversion_number,
        coalesce(lead(converted_at) over in_order, {{ never }}) as next_converted_at
    from {{ ref('conversions') }}
    where has_consent and not is_refund
    window in_order as (partition by space_id, universal_id order by converted_at, conversion_id)

),

moments as (

    -- What is bought within a session is looked at when it ends; what is bought outside of sessions, as by a renewal, at once.
    select sessions.*, conversions.converted_at, conversions.conversion_number, null as conversion_id, sessions.session_ended_at as known_at  -- noqa
    from sessions
    left join conversions
        on
            sessions.space_id = conversions.space_id and sessions.universal_id = conversions.universal_id
            and sessions.session_ended_at >= conversions.converted_at
            and sessions.session_ended_at < conversions.next_converted_at
    union all
    select sessions.*, conversions.converted_at, conversions.conversion_number, conversions.conversion_id, conversions.converted_at as known_at  -- noqa
    from sessions
    inner join conversions
        on
            sessions.space_id = conversions.space_id and sessions.universal_id = conversions.universal_id
            and sessions.session_ended_at < conversions.converted_at
            and coalesce(sessions.next_seen_at, {{ never }}) > conversions.converted_at

),

memberships as (

    select
        definitions.cohort_name,
        moments.space_id,
        moments.universal_id,
        moments.session_id,
        moments.conversion_id,
        persons.identity_confidence,
        persons.is_activatable,
        {% for reason, moment in ends.items() %}
            coalesce({{ moment }}, {{ never }}) as {{ reason }},
        {% endfor %}
        greatest(moments.known_at, coalesce({{ quiet_since }}, moments.known_at), coalesce({{ unconverted_since }}, moments.known_at))
            as qualified_at
    from moments
    inner join {{ ref('persons') }} as persons on moments.space_id = persons.space_id and moments.universal_id = persons.universal_id
    inner join {{ ref('cohort_definitions') }} as definitions
        on
            definitions.is_enabled
            and moments.event_count >= coalesce(definitions.min_event_count, 0)
            and moments.session_count >= coalesce(definitions.min_session_count, 0)
            and not coalesce(moments.conversion_number > definitions.max_prior_conversions, false)
            -- Who never converted did it neither lately nor long ago, and of other definitions nothing begins with a conversion.
            and case when {{ days_since_last_conversion }} is null then moments.conversion_id is null else moments.conversion_number > 0 end
    left join conversions as next_conversions
        on
            moments.space_id = next_conversions.space_id and moments.universal_id = next_conversions.universal_id
            and next_conversions.conversion_number = 1 + case
                when definitions.min_days_since_last_conversion is null then definitions.max_prior_conversions
                else moments.conversion_number
            end

),

final as (

    select
        cohort_name,
        space_id,
        universal_id,
        session_id,
        conversion_id,
        qualified_at,
        nullif({{ ended_at }}, {{ never }}) as ended_at,
        case {{ ended_at }}
            when {{ never }} then null
            {%- for reason in ends %}
                when {{ reason }} then '{{ reason }}'
            {%- endfor %}
        end as end_reason,
        identity_confidence,
        is_activatable
    from memberships
    where qualified_at <= {{ ended_at }} and qualified_at < least(returned, converted)

)

select * from final
