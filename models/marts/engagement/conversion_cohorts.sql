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
    'converted': 'next_conversions.known_at',
    'returned': 'case when definitions.min_days_since_last_session is not null then moments.next_seen_at end',
    'first_seen_too_long_ago': dbt.dateadd('hour', '24 * definitions.max_days_since_first_seen', 'persons.first_visit_at'),
    'last_session_too_long_ago': dbt.dateadd('hour', '24 * definitions.max_days_since_last_session', 'moments.session_ended_at'),
    'last_conversion_too_long_ago': dbt.dateadd('hour', '24 * definitions.max_days_since_last_conversion', 'moments.converted_at')
} %}
{% set ended_at = 'least(' ~ ends | join(', ') ~ ')' %}
with activity as (

    select  -- noqa: LT09
        space_id, universal_id, session_id, cast(null as {{ dbt.type_string() }}) as conversion_id, session_started_at,
        session_ended_at as known_at, event_count
    from {{ ref('sessions') }}
    where has_consent
    union all
    select space_id, universal_id, null as session_id, conversion_id, null as session_started_at, converted_at as known_at, 0 as event_count  -- noqa
    from {{ ref('conversions') }}
    where has_consent and not is_refund

),

known as (

    -- What was known of the person when each session ended, and when each conversion was made.
    select
        activity.space_id,
        activity.universal_id,
        activity.conversion_id,
        activity.known_at,
        last_value(activity.session_id ignore nulls) over so_far as session_id,
        max(case when activity.session_id is not null then activity.known_at end) over so_far as session_ended_at,
        sum(activity.event_count) over so_far as event_count,
        count(activity.session_id) over so_far as session_count,
        max(case when activity.conversion_id is not null then activity.known_at end) over so_far as converted_at,
        count(activity.conversion_id) over so_far as conversion_number,
        -- Sessions of two devices may overlap.
        min(activity.session_started_at) over (so_far rows between 1 following and unbounded following) as next_seen_at
    from activity
    {% if is_incremental() %}
        inner join {{ ref('int_changed_persons') }} as changed
            on activity.space_id = changed.space_id and activity.universal_id = changed.identity_id
    {% endif %}
    window so_far as (
        partition by activity.space_id, activity.universal_id
        order by activity.known_at, case when activity.session_id is null then 0 else 1 end, activity.conversion_id, activity.session_id
    )

),

moments as (

    -- What is bought within a session is looked at when the session ends; what is bought outside, as by a renewal, at once.
    select * from known
    where conversion_id is null or (session_id is not null and known_at < coalesce(next_seen_at, {{ never }}))

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
    left join known as next_conversions
        on
            moments.space_id = next_conversions.space_id and moments.universal_id = next_conversions.universal_id
            and next_conversions.conversion_id is not null
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
