-- Sessions of earlier runs that a new visit may join, and those of visitors that are counted again.
{{ config(meta={'lasts_for_a_run': true}) }}

{% set stored_sessions = previous_run('int_sessions') %}

with new_visits as (

    select * from {{ ref('int_new_visits') }}

),

recounted_visitors as (

    select * from {{ ref('int_changed_visitors') }}
    where is_recounted

),

{% if last_complete_load() > 0 %}
    sessions_of_recounted as (

        select
            sessions_before.*,
            true as is_recounted
        from {{ stored_sessions }} as sessions_before
        inner join recounted_visitors on sessions_before.id_number = recounted_visitors.id_number

    ),

    joined_sessions as (

        -- Sessions of a visitor lie further apart than the timeout, so what a visit can join touches the visit itself.
        select distinct
            sessions_before.*,
            false as is_recounted
        from {{ stored_sessions }} as sessions_before
        inner join new_visits
            on
                sessions_before.id_number = new_visits.id_number
                and sessions_before.session_started_at
                <= {{ dbt.dateadd('minute', var('session_timeout_minutes'), 'new_visits.ended_at') }}
                and {{ dbt.dateadd('minute', var('session_timeout_minutes'), 'sessions_before.session_ended_at') }}
                >= new_visits.started_at
        where sessions_before.id_number not in (select id_number from recounted_visitors)

    ),

    final as (

        select * from sessions_of_recounted
        union all
        select * from joined_sessions

    )
{% else %}
    final as (

        select
            id_number,
            cast(null as {{ dbt.type_string() }}) as session_id,
            started_at as session_started_at,
            ended_at as session_ended_at,
            event_count,
            has_consent,
            lowest_source_session_id,
            highest_source_session_id,
            false as is_recounted
        from new_visits
        where false

    )
{% endif %}

select * from final
