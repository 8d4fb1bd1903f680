-- Ids, devices and sessions that a person has by the end of a day, and events that it waits for.
{{ config(meta={'lasts_for_a_run': true}) }}

{% set channels = touch_channels() %}

with memberships as (

    select * from {{ ref('int_feature_memberships') }}

),

feature_days as (

    select
        person_number,
        fact_date as feature_date
    from {{ ref('int_feature_days') }}
    where
        fact_date = known_date
        and event_count > 0

),

person_days as (

    select
        memberships.person_number,
        greatest(active_days.active_date, memberships.joined_date) as known_date,
        active_days.received_date,
        active_days.device_id,
        active_days.event_count
    from {{ ref('int_active_days') }} as active_days
    inner join memberships on active_days.id_number = memberships.id_number
    where
        active_days.is_visit
        and active_days.active_date < memberships.left_date
        -- Most days have neither.
        and (
            active_days.device_id is not null
            or active_days.received_date > greatest(active_days.active_date, memberships.joined_date)
        )

),

person_sessions as (

    -- Known with their campaign, which may be seen only after midnight.
    select
        memberships.person_number,
        greatest(cast(sessions.touched_at as date), memberships.joined_date) as known_date,
        sessions.channel
    from {{ ref('sessions') }} as sessions
    inner join memberships on {{ hash_64(['sessions.space_id', 'sessions.anonymous_id']) }} = memberships.id_number
    where
        sessions.has_consent
        and cast(sessions.session_started_at as date) < memberships.left_date

),

devices as (

    select
        person_number,
        device_id,
        min(known_date) as known_date
    from person_days
    where device_id is not null
    group by person_number, device_id

),

late_events as (

    select
        person_number,
        known_date,
        received_date,
        event_count
    from person_days
    where received_date > known_date

),

gains as (

    select
        person_number,
        joined_date as gained_date,
        'id' as gain,
        cast(null as {{ dbt.type_string() }}) as channel,
        1 as gain_count
    from memberships
    union all
    select
        person_number,
        known_date as gained_date,
        'device' as gain,
        cast(null as {{ dbt.type_string() }}) as channel,
        1 as gain_count
    from devices
    union all
    -- What is not received yet counts until it is.
    select
        person_number,
        known_date as gained_date,
        'unreceived_event' as gain,
        cast(null as {{ dbt.type_string() }}) as channel,
        event_count as gain_count
    from late_events
    union all
    select
        person_number,
        received_date as gained_date,
        'unreceived_event' as gain,
        cast(null as {{ dbt.type_string() }}) as channel,
        -event_count as gain_count
    from late_events
    union all
    select
        person_number,
        known_date as gained_date,
        'session' as gain,
        channel,
        1 as gain_count
    from person_sessions
    union all
    -- So that there is a row on each feature day.
    select
        person_number,
        feature_date as gained_date,
        'nothing' as gain,
        cast(null as {{ dbt.type_string() }}) as channel,
        0 as gain_count
    from feature_days

),

daily_gains as (

    select
        person_number,
        gained_date,
        count(case when gain = 'id' then 1 end) as id_count,
        count(case when gain = 'device' then 1 end) as device_count,
        {% for channel in channels %}
            count(case when channel = {{ sql_text(channel) }} then 1 end) as channel_{{ loop.index }}_session_count,
        {% endfor %}
        cast(sum(case when gain = 'unreceived_event' then gain_count else 0 end) as {{ dbt.type_int() }}) as unreceived_event_count
    from gains
    group by person_number, gained_date

),

totals as (

    select
        person_number,
        gained_date as feature_date,
        cast(sum(id_count) over so_far as {{ dbt.type_bigint() }}) as id_count,
        cast(sum(device_count) over so_far as {{ dbt.type_bigint() }}) as device_count,
        {% for channel in channels %}
            cast(sum(channel_{{ loop.index }}_session_count) over so_far as {{ dbt.type_int() }}) as channel_{{ loop.index }}_session_count,
        {% endfor %}
        cast(sum(unreceived_event_count) over so_far as {{ dbt.type_bigint() }}) as unreceived_event_count
    from daily_gains
    window so_far as (partition by person_number order by gained_date)

),

final as (

    select
        person_number,
        feature_date,
        id_count,
        device_count,
        unreceived_event_count,
        '{' || coalesce(array_to_string([
            {% for channel in channels %}
                case
                    when channel_{{ loop.index }}_session_count > 0
                        then {{ sql_text('"' ~ channel ~ '": ') }} || cast(channel_{{ loop.index }}_session_count as {{ dbt.type_string() }})
                end{{ ',' if not loop.last }}
            {% endfor %}
        ], ', '), '') || '}' as channel_session_counts
    from totals

)

select * from final
