{{
    config(
        materialized='incremental',
        incremental_strategy='replace_changed',
        unique_key='id_number',
        meta={'changed_entities': {'model': 'int_changed_visitors'}}
    )
}}

with events as (

    select * from {{ ref('int_uncounted_events') }}

),

visitors as (

    select * from {{ ref('int_changed_visitors') }}

),

visits as (

    -- An event is a visit without length; a session that is known already, one with. They merge alike.
    select
        id_number,
        occurred_at as started_at,
        occurred_at as ended_at,
        1 as event_count,
        has_consent
    from events
    {% if is_incremental() %}
        union all
        select
            stored.id_number,
            stored.session_started_at as started_at,
            stored.session_ended_at as ended_at,
            stored.event_count,
            stored.has_consent
        from {{ this }} as stored
        inner join visitors on stored.id_number = visitors.id_number
        where not visitors.is_recounted
    {% endif %}

),

with_previous as (

    -- Visits that start at one moment are peers: which of them comes first makes no difference below.
    select
        *,
        {% if is_incremental() %}
            max(ended_at) over (
                partition by id_number order by started_at rows between unbounded preceding and 1 preceding
            ) as previous_ended_at
        {% else %}
            -- Events have no length, so the latest end is that of the event before.
            lag(ended_at) over (partition by id_number order by started_at) as previous_ended_at
        {% endif %}
    from visits

),

with_session_start as (

    select
        *,
        max(
            case
                when
                    previous_ended_at is null
                    or started_at > {{ dbt.dateadd(
                        'minute', var('session_timeout_minutes'), 'previous_ended_at'
                    ) }}
                    then started_at
            end
        ) over (partition by id_number order by started_at) as session_started_at
    from with_previous

),

sessions as (

    select
        id_number,
        session_started_at,
        max(ended_at) as session_ended_at,
        cast(sum(event_count) as {{ dbt.type_bigint() }}) as event_count,
        min(case when has_consent then 1 else 0 end) = 1 as has_consent
    from with_session_start
    group by id_number, session_started_at

),

final as (

    select
        {{ surrogate_key([
            'visitors.space_id', 'visitors.anonymous_id', epoch_microseconds('sessions.session_started_at')
        ]) }} as session_id,
        visitors.id_number,
        visitors.space_id,
        visitors.anonymous_id,
        sessions.session_started_at,
        sessions.session_ended_at,
        sessions.event_count,
        sessions.has_consent
    from sessions
    inner join visitors on sessions.id_number = visitors.id_number

)

select * from final
