{# As many as the longest funnel has. #}
{% set step_count = stored_rows(ref('funnel_steps'), 'step_number', 'where is_enabled') | map(attribute=0) | max or 1 %}
{% set person = 'identity_mode, space_id, identity_id, funnel_name' %}
-- The nearest event before that reached the step before decides: where it is too old, so are all others.
{% set is_in_time = 'previous_at >= coalesce(earliest_previous_at, previous_at)' %}
{% set is_reached = '(step_number = 1 or (' ~ is_in_time ~ " and (step_order = 'loose' or previous_place = event_place - 1)))" %}
with steps as (

    select *, step_number = max(step_number) over (partition by funnel_name) as is_last_step  -- noqa: LT09
    from {{ ref('funnel_steps') }}
    where is_enabled

),

matches as (

    select  -- noqa: LT09
        steps.funnel_name, cast(steps.step_number as {{ dbt.type_bigint() }}) as step_number,
        steps.is_last_step, steps.step_order, steps.within_minutes,
        events.event_number, events.id_number, events.space_id, events.anonymous_id, events.has_consent,
        events.occurred_at, events.event_name, events.source_name, events.event_id
    from {{ ref('int_events') }} as events
    inner join steps
        on events.event_name like steps.event_name and (steps.page_path is null or events.page_path like steps.page_path)

),

identified as (

    -- As in conversions: an event is of its session's person, in no session of its own. Without consent it is nobody's.
    select
        matches.*,
        coalesce(anchors.node_id, matches.anonymous_id) as universal_id
    from matches
    left join {{ ref('int_shared_events') }} as shared_events on matches.event_number = shared_events.event_number
    left join {{ ref('int_sessions') }} as sessions
        on
            coalesce(shared_events.id_number, matches.id_number) = sessions.id_number
            and matches.occurred_at between sessions.session_started_at and sessions.session_ended_at
    left join {{ ref('int_identity_resolved') }} as resolved on coalesce(shared_events.id_number, matches.id_number) = resolved.id_number
    left join {{ ref('int_identity_ids') }} as anchors on resolved.person_number = anchors.id_number
    where coalesce(sessions.has_consent, true) and matches.has_consent

),

identity_modes as (

    select 'graph' as identity_mode
    union all
    select 'cookie' as identity_mode

),

step_events as (

    select
        {{ all_but(['universal_id', 'anonymous_id', 'id_number', 'event_number', 'has_consent', 'within_minutes']) }},
        case identity_modes.identity_mode when 'graph' then identified.universal_id else identified.anonymous_id end as identity_id,
        {{ dbt.dateadd('minute', '-identified.within_minutes', 'identified.occurred_at') }} as earliest_previous_at
    from identified
    cross join identity_modes

),

placed_1 as (

    -- An event that matches several steps has several rows in one place, and so is never its own predecessor.
    select
        *,
        dense_rank() over (partition by {{ person }} order by occurred_at, event_id, source_name) as event_place,
        cast(null as {{ dbt.type_timestamp() }}) as previous_at,
        cast(null as {{ dbt.type_bigint() }}) as previous_place
    from step_events

),

{% for step in range(2, step_count + 1) %}
    -- Each row of the step is told the last event before it that reached the step before.
    {% set reached_before = 'step_number = ' ~ (step - 1) ~ ' and ' ~ is_reached %}
    placed_{{ step }} as (

        select
            {{ all_but(['previous_at', 'previous_place']) }},
            case
                when step_number = {{ step }} then max(case when {{ reached_before }} then occurred_at end) over earlier_events
                else previous_at
            end as previous_at,
            case
                when step_number = {{ step }} then max(case when {{ reached_before }} then event_place end) over earlier_events
                else previous_place
            end as previous_place
        from placed_{{ step - 1 }}
        window earlier_events as (partition by {{ person }} order by event_place range between unbounded preceding and 1 preceding)

    ),

{% endfor %}
final as (

    select  -- noqa: LT09
        space_id, identity_mode, identity_id, funnel_name, step_number, is_last_step,
        step_number < max(step_number) over (partition by {{ person }}) as has_reached_next_step,
        event_name, source_name, event_id,
        occurred_at as reached_at,
        cast(floor({{ dbt.datediff('previous_at', 'occurred_at', 'microsecond') }} / 1000000) as {{ dbt.type_bigint() }})
            as seconds_since_previous_step,
        min(occurred_at) over (partition by {{ person }}) as started_at
    from placed_{{ step_count }}
    where {{ is_reached }}
    qualify row_number() over (partition by {{ person }}, step_number order by event_place) = 1

)

select * from final
