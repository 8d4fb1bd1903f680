{{
    config(
        materialized='incremental',
        incremental_strategy='replace_changed',
        unique_key='id_number',
        meta={'changed_entities': {'model': 'int_changed_visitors'}}
    )
}}
with nodes as (

    select distinct id_number, node_id from {{ ref('int_shared_events') }}  -- noqa: LT09

),

first_events as (

    -- Of several users at one moment the one with the first event comes first, with all of that moment: else a session would begin
    -- where one of the same user ends.
    select id_number, occurred_at, min(event_id) as event_id  -- noqa: LT09
    from {{ ref('int_uncounted_events') }}
    where is_visit and id_number != visitor_number
    group by id_number, occurred_at

),

visits as (

    select
        events.id_number,
        events.visitor_number,
        events.occurred_at as started_at,
        events.occurred_at as ended_at,
        first_events.event_id as first_event_id,
        1 as event_count,
        events.has_consent,
        events.source_session_id as lowest_source_session_id,
        events.source_session_id as highest_source_session_id
    from {{ ref('int_uncounted_events') }} as events
    left join first_events on events.id_number = first_events.id_number and events.occurred_at = first_events.occurred_at
    where events.is_visit
    {% if is_incremental() %}
        union all
        -- What is stored of a visitor is a visit as well, unless it is counted again from its events.
        select
            stored.id_number,
            stored.visitor_number,
            stored.session_started_at as started_at,
            stored.session_ended_at as ended_at,
            cast(null as {{ dbt.type_string() }}) as first_event_id,
            stored.event_count,
            stored.has_consent,
            stored.lowest_source_session_id,
            stored.highest_source_session_id
        from {{ this }} as stored
        inner join {{ ref('int_changed_visitors') }} as visitors on stored.id_number = visitors.id_number
        where not visitors.is_recounted
    {% endif %}

),

with_previous as (

    -- Which of the visits of one user that start at one moment comes first makes no difference below, where each sees all of them.
    select
        *,
        max(ended_at) over (in_order rows between unbounded preceding and 1 preceding) as previous_ended_at,
        lag(id_number) over in_order as previous_id_number
    from visits
    window in_order as (partition by visitor_number order by started_at, first_event_id, id_number)

),

with_session_start as (

    select
        *,
        max(case
            when
                previous_ended_at is null
                or id_number != previous_id_number
                or started_at > {{ dbt.dateadd('minute', var('session_timeout_minutes'), 'previous_ended_at') }}
                then started_at
        end) over (partition by visitor_number order by started_at, first_event_id, id_number) as session_started_at
    from with_previous

),

sessions as (

    select
        id_number,
        visitor_number,
        session_started_at,
        max(ended_at) as session_ended_at,
        cast(sum(event_count) as {{ dbt.type_bigint() }}) as event_count,
        min(case when has_consent then 1 else 0 end) = 1 as has_consent,
        min(lowest_source_session_id) as lowest_source_session_id,
        max(highest_source_session_id) as highest_source_session_id
    from with_session_start
    group by id_number, visitor_number, session_started_at

),

final as (

    select
        {{ surrogate_key([
            'visitors.space_id', 'coalesce(nodes.node_id, visitors.anonymous_id)', dbt.datediff("'1970-01-01'", 'sessions.session_started_at', 'microsecond')
        ]) }} as session_id,
        sessions.*,
        visitors.space_id,
        visitors.anonymous_id,
        coalesce(nodes.node_id, visitors.anonymous_id) as node_id
    from sessions
    inner join {{ ref('int_changed_visitors') }} as visitors on sessions.visitor_number = visitors.id_number
    left join nodes on sessions.id_number = nodes.id_number

)

select * from final
