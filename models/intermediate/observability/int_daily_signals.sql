with event_volume as (

    -- Rows that were erased or expired no longer say when they came.
    select * from {{ ref('event_volume') }}
    where received_date is not null and disposition != 'buffered'

),

active_events as (

    select distinct event_name
    from {{ ref('event_taxonomy') }}
    where lifecycle_status = 'active'

),

sessions_by_day as (

    select
        space_id,
        channel,
        cast(session_started_at as date) as signal_date,
        count(*) as session_count,
        sum(case when has_consent then 1 else 0 end) as consented_session_count,
        sum(case when has_consent then event_count else 0 end) as consented_event_count
    from {{ ref('sessions') }}
    group by space_id, channel, signal_date

),

keys_by_day as (

    select
        ids.space_id,
        observations.key_type,
        observations.observed_date as signal_date,
        sum(observations.event_count) as event_count
    from {{ ref('int_identity_observations') }} as observations
    inner join {{ ref('int_identity_ids') }} as ids on observations.id_number = ids.id_number
    group by ids.space_id, observations.key_type, signal_date

),

merges_by_day as (

    select
        space_id,
        cast(valid_from_at as date) as signal_date,
        count(*) as merge_count
    from {{ ref('users_history') }}
    where change_type = 'merged'
    group by space_id, signal_date

),

parts as (

    select
        'source_rows' as signal_name,
        source_name as scope,
        'all' as subject,
        received_date as signal_date,
        sum(row_count) as part_count
    from event_volume
    group by scope, signal_date
    union all
    select
        'rejected_share' as signal_name,
        source_name as scope,
        'all' as subject,
        received_date as signal_date,
        sum(case when disposition = 'rejected' then row_count else 0 end) as part_count
    from event_volume
    group by scope, signal_date
    union all
    select
        'late_share' as signal_name,
        source_name as scope,
        'all' as subject,
        received_date as signal_date,
        sum(late_count) as part_count
    from event_volume
    group by scope, signal_date
    union all
    select
        'event_rows' as signal_name,
        event_volume.source_name as scope,
        event_volume.event_name as subject,
        event_volume.received_date as signal_date,
        sum(event_volume.row_count) as part_count
    from event_volume
    inner join active_events on event_volume.event_name = active_events.event_name
    where event_volume.disposition = 'accepted'
    group by scope, subject, signal_date
    union all
    select
        'key_coverage' as signal_name,
        space_id as scope,
        key_type as subject,
        signal_date,
        event_count as part_count
    from keys_by_day
    union all
    select
        'channel_share' as signal_name,
        space_id as scope,
        channel as subject,
        signal_date,
        session_count as part_count
    from sessions_by_day
    union all
    select
        'stitching_rate' as signal_name,
        space_id as scope,
        'all' as subject,
        signal_date,
        merge_count as part_count
    from merges_by_day

),

wholes as (

    -- What the parts of a day are shares of.
    select
        'rejected_share' as signal_name,
        source_name as scope,
        received_date as signal_date,
        sum(row_count) as base_count
    from event_volume
    group by scope, signal_date
    union all
    select
        'late_share' as signal_name,
        source_name as scope,
        received_date as signal_date,
        sum(row_count) as base_count
    from event_volume
    group by scope, signal_date
    union all
    select
        'key_coverage' as signal_name,
        space_id as scope,
        signal_date,
        sum(consented_event_count) as base_count
    from sessions_by_day
    group by scope, signal_date
    union all
    select
        'channel_share' as signal_name,
        space_id as scope,
        signal_date,
        sum(session_count) as base_count
    from sessions_by_day
    group by scope, signal_date
    union all
    select
        'stitching_rate' as signal_name,
        space_id as scope,
        signal_date,
        sum(consented_session_count) as base_count
    from sessions_by_day
    group by scope, signal_date

),

subjects as (

    select
        signal_name,
        scope,
        subject,
        min(signal_date) as first_date
    from parts
    group by signal_name, scope, subject

),

newest_day as (

    -- Of any source: one that has stopped goes on with days of no rows.
    select max(received_date) as newest_date
    from event_volume
    where disposition = 'accepted'

),

days as (

    select
        subjects.signal_name,
        subjects.scope,
        subjects.subject,
        spine.date_day as signal_date
    from subjects
    cross join newest_day
    inner join {{ ref('time_spine_daily') }} as spine
        on spine.date_day between subjects.first_date and newest_day.newest_date

),

final as (

    select
        days.signal_name,
        days.scope,
        days.subject,
        days.signal_date,
        cast(coalesce(parts.part_count, 0) as {{ dbt.type_bigint() }}) as part_count,
        cast(wholes.base_count as {{ dbt.type_bigint() }}) as base_count
    from days
    left join parts
        on
            days.signal_name = parts.signal_name
            and days.scope = parts.scope
            and days.subject = parts.subject
            and days.signal_date = parts.signal_date
    left join wholes
        on
            days.signal_name = wholes.signal_name
            and days.scope = wholes.scope
            and days.signal_date = wholes.signal_date
    -- A share of nothing says nothing.
    where days.signal_name in ('source_rows', 'event_rows') or wholes.base_count > 0

)

select * from final
