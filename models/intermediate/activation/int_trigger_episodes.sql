{{ config(materialized='view') }}

with definitions as (

    select * from {{ ref('trigger_definitions') }}
    where is_enabled

),

persons as (

    select * from {{ ref('persons') }}

),

sessions as (

    select * from {{ ref('sessions') }}
    where has_consent

),

conversions as (

    select * from {{ ref('conversions') }}
    where has_consent and not is_refund

),

visitors as (

    -- Whom only a record or a server names never came.
    select distinct space_id, universal_id  -- noqa: LT09
    from sessions

),

activity as (

    -- What a server reports, or a record, lies in no session.
    select  -- noqa: LT09
        space_id, universal_id, session_id as activity_id, session_started_at as started_at, session_ended_at as ended_at, false as is_conversion
    from sessions
    union all
    select  -- noqa: LT09
        space_id, universal_id, conversion_id as activity_id, converted_at as started_at, converted_at as ended_at, true as is_conversion
    from conversions

),

pauses as (

    -- After each of them, what was known of the person, and what came next.
    select
        space_id,
        universal_id,
        max(ended_at) over so_far as last_active_at,
        max(case when is_conversion then 1 else 0 end) over so_far = 1 as has_converted,
        lead(started_at) over so_far as next_active_at,
        lead(is_conversion) over so_far as is_next_conversion
    from activity
    window so_far as (
        partition by space_id, universal_id order by started_at, case when is_conversion then 0 else 1 end, activity_id
    )

),

final as (

    select
        definitions.*,
        pauses.space_id,
        pauses.universal_id,
        pauses.last_active_at as episode_started_at,
        case when pauses.is_next_conversion then pauses.next_active_at end as converted_at,
        case when not pauses.is_next_conversion then pauses.next_active_at end as returned_at
    from definitions
    inner join pauses on definitions.trigger_type = 'inactive_after_conversion' and pauses.has_converted
    union all
    select  -- noqa: LT09
        definitions.*, persons.space_id, persons.universal_id, persons.first_visit_at as episode_started_at,
        null as converted_at, null as returned_at
    from definitions
    inner join persons on definitions.trigger_type = 'days_since_first_seen'
    inner join visitors on persons.space_id = visitors.space_id and persons.universal_id = visitors.universal_id
    {# Another model refuses null in words (check_vars). #}
    {% if 'funnels' in (var('optional_marts') or []) %}
        union all
        select
            definitions.*,
            steps.space_id,
            steps.identity_id as universal_id,
            steps.reached_at as episode_started_at,
            min(conversions.converted_at) as converted_at,
            min(next_steps.reached_at) as returned_at
        from definitions
        inner join {{ ref('funnel_conversions') }} as steps
            on
                definitions.trigger_type = 'funnel_left' and steps.identity_mode = 'graph' and not steps.is_last_step
                and definitions.funnel_name = steps.funnel_name and definitions.step_number = steps.step_number
        left join {{ ref('funnel_conversions') }} as next_steps
            on
                next_steps.identity_mode = 'graph' and steps.space_id = next_steps.space_id and steps.identity_id = next_steps.identity_id
                and steps.funnel_name = next_steps.funnel_name and steps.step_number + 1 = next_steps.step_number
        left join conversions
            on
                steps.space_id = conversions.space_id and steps.identity_id = conversions.universal_id
                and steps.reached_at < conversions.converted_at
        group by all
    {% endif %}

)

select * from final
