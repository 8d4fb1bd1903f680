{{
    config(
        materialized='incremental',
        incremental_strategy='replace_changed',
        unique_key=['id_number', 'session_started_at'],
        meta={'changed_entities': {'model': 'int_touched_sessions'}}
    )
}}

with new_visits as (

    select * from {{ ref('int_new_visits') }}

),

touched_sessions as (

    select * from {{ ref('int_touched_sessions') }}
    where not is_recounted

),

visitors as (

    select * from {{ ref('int_changed_visitors') }}

),

{% if is_incremental() %}
    visits as (

        select * from new_visits
        union all
        select
            id_number,
            session_started_at as started_at,
            session_ended_at as ended_at,
            event_count,
            has_consent,
            lowest_source_session_id,
            highest_source_session_id
        from touched_sessions

    ),

    with_previous as (

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
{% else %}
    sessions as (

        select
            id_number,
            started_at as session_started_at,
            ended_at as session_ended_at,
            event_count,
            has_consent,
            lowest_source_session_id,
            highest_source_session_id
        from new_visits

    ),
{% endif %}

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
        sessions.has_consent,
        sessions.lowest_source_session_id,
        sessions.highest_source_session_id,
        cast({{ current_load() }} as {{ dbt.type_bigint() }}) as load_number
    from sessions
    inner join visitors on sessions.id_number = visitors.id_number

)

select * from final
