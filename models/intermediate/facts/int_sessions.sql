{{
    config(
        materialized='incremental',
        incremental_strategy='replace_changed',
        unique_key='id_number',
        meta={'changed_entities': {'model': 'int_changed_visitors'}}
    )
}}

with visitors as (

    select * from {{ ref('int_changed_visitors') }}

),

visits as (

    select
        id_number,
        occurred_at as started_at,
        occurred_at as ended_at,
        1 as event_count,
        has_consent,
        source_session_id as lowest_source_session_id,
        source_session_id as highest_source_session_id
    from {{ ref('int_uncounted_events') }}
    where is_visit
    {% if is_incremental() %}
        union all
        -- What is stored of a visitor is a visit as well, unless it is counted again from its events.
        select
            stored.id_number,
            stored.session_started_at as started_at,
            stored.session_ended_at as ended_at,
            stored.event_count,
            stored.has_consent,
            stored.lowest_source_session_id,
            stored.highest_source_session_id
        from {{ this }} as stored
        inner join visitors on stored.id_number = visitors.id_number
        where not visitors.is_recounted
    {% endif %}

),

with_previous as (

    -- Which of the visits that start at one moment comes first makes no difference below.
    select
        *,
        max(ended_at) over (
            partition by id_number order by started_at rows between unbounded preceding and 1 preceding
        ) as previous_ended_at
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
        min(case when has_consent then 1 else 0 end) = 1 as has_consent,
        min(lowest_source_session_id) as lowest_source_session_id,
        max(highest_source_session_id) as highest_source_session_id
    from with_session_start
    group by id_number, session_started_at

),

final as (

    select
        {{ surrogate_key([
            'visitors.space_id', 'visitors.anonymous_id', dbt.datediff("'1970-01-01'", 'sessions.session_started_at', 'microsecond')
        ]) }} as session_id,
        visitors.id_number,
        visitors.space_id,
        visitors.anonymous_id,
        sessions.session_started_at,
        sessions.session_ended_at,
        sessions.event_count,
        sessions.has_consent,
        sessions.lowest_source_session_id,
        sessions.highest_source_session_id
    from sessions
    inner join visitors on sessions.id_number = visitors.id_number

)

select * from final
