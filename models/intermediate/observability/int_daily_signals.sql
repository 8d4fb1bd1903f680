{#- A count's name, its facts and their date, whom it is counted for (none = it is only a base), what is summed up, and the count that it is a share of. #}
{% set day_of_session = 'cast(session_started_at as date)' %}
{% set counts = [
    ('source_rows', 'arrivals', 'received_date', "'all'", 'row_count', none),
    ('rejected_share', 'arrivals', 'received_date', "'all'", "case when disposition = 'rejected' then row_count else 0 end", 'source_rows'),
    ('late_share', 'arrivals', 'received_date', "'all'", 'late_count', 'source_rows'),
    ('event_rows', 'arrivals', 'received_date', 'event_name', 'case when is_active then accepted_count end', none),
    ('key_coverage', 'observations', 'observed_date', 'key_type', 'event_count', 'consented_events'),
    ('channel_share', ref('sessions'), day_of_session, 'channel', '1', 'sessions'),
    ('stitching_rate', ref('users_history'), 'cast(valid_from_at as date)', "'all'", "case when change_type = 'merged' then 1 end", 'consented_sessions'),
    ('sessions', ref('sessions'), day_of_session, none, '1', none),
    ('consented_sessions', ref('sessions'), day_of_session, none, 'case when has_consent then 1 else 0 end', none),
    ('consented_events', 'active_days', 'active_date', none, 'event_count', none)
] %}

with arrivals as (

    -- Rows that were erased or expired no longer say when they came.
    select
        *,
        case when disposition = 'accepted' then row_count end as accepted_count,
        event_name in (
            select taxonomy.event_name from {{ ref('event_taxonomy') }} as taxonomy
            where taxonomy.lifecycle_status = 'active'
        ) as is_active
    from {{ ref('event_volume') }}
    where received_date is not null and disposition != 'buffered'

),

active_days as (

    select
        active_days.event_count,
        active_days.active_date,
        ids.space_id
    from {{ ref('int_active_days') }} as active_days
    inner join {{ ref('int_identity_ids') }} as ids on active_days.id_number = ids.id_number

),

observations as (

    select
        observations.*,
        ids.space_id
    from {{ ref('int_identity_observations') }} as observations
    inner join {{ ref('int_identity_ids') }} as ids on observations.id_number = ids.id_number

),

counted as (

    {% for name, facts, day, subject, value, base in counts %}
        select
            '{{ name }}' as count_name,
            '{{ base or 'none' }}' as base_name,
            {{ 'source_name' if facts == 'arrivals' else 'space_id' }} as scope,
            cast({{ subject or 'null' }} as {{ dbt.type_string() }}) as subject,
            {{ day }} as health_date,
            sum({{ value }}) as counted
        from {{ facts }}
        group by scope, subject, health_date
        {{ 'union all' if not loop.last }}
    {% endfor %}

),

subjects as (

    select
        count_name,
        base_name,
        scope,
        subject,
        min(health_date) as first_date
    from counted
    where subject is not null and counted is not null
    group by count_name, base_name, scope, subject

),

final as (

    select
        subjects.count_name as signal_name,
        subjects.scope,
        subjects.subject,
        spine.date_day as health_date,
        cast(coalesce(parts.counted, 0) as {{ dbt.type_bigint() }}) as part_count,
        cast(bases.counted as {{ dbt.type_bigint() }}) as base_count
    from subjects
    inner join {{ ref('time_spine_daily') }} as spine on subjects.first_date <= spine.date_day
    left join counted as parts
        on
            subjects.count_name = parts.count_name
            and subjects.scope = parts.scope
            and subjects.subject = parts.subject
            and spine.date_day = parts.health_date
    left join counted as bases
        on subjects.base_name = bases.count_name and subjects.scope = bases.scope and spine.date_day = bases.health_date
    where
        -- Of any source: one that has stopped goes on with days of no rows.
        spine.date_day <= (select max(case when arrivals.accepted_count > 0 then arrivals.received_date end) from arrivals)
        -- A share of nothing says nothing.
        and (subjects.base_name = 'none' or bases.counted > 0)

)

select * from final
