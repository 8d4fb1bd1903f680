-- Ids, devices and sessions that a person has by the end of a day, and events that it waits for.
{{ config(meta={'lasts_for_a_run': true}) }}
{% set channels = stored_rows(ref('sessions'), 'distinct channel', 'order by 1') | map(attribute=0) | list or ['direct'] %}

with memberships as (

    select * from {{ ref('int_feature_memberships') }}
    where id_number is not null

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
    where active_days.is_visit and active_days.active_date < memberships.left_date

),

gains as (

    select
        person_number,
        joined_date as gained_date,
        'id' as gain,
        1 as gain_count
    from memberships
    union all
    select
        person_number,
        min(known_date) as gained_date,
        'device' as gain,
        1 as gain_count
    from person_days
    where device_id is not null
    group by person_number, device_id
    union all
    -- What is not received yet counts until it is. Nothing is gained else, but there is a row on each active day.
    select
        person_number,
        known_date as gained_date,
        'unreceived_event' as gain,
        case when received_date > known_date then event_count else 0 end as gain_count
    from person_days
    union all
    select
        person_number,
        received_date as gained_date,
        'unreceived_event' as gain,
        -event_count as gain_count
    from person_days
    where received_date > known_date
    union all
    -- Sessions are known with their campaign, which may be seen only after midnight.
    select
        memberships.person_number,
        greatest(cast(sessions.touched_at as date), memberships.joined_date) as gained_date,
        'session: ' || sessions.channel as gain,
        1 as gain_count
    from {{ ref('sessions') }} as sessions
    inner join memberships on {{ hash_64(['sessions.space_id', 'sessions.node_id']) }} = memberships.id_number
    where sessions.has_consent and cast(sessions.session_started_at as date) < memberships.left_date

),

totals as (

    select
        {% for channel in channels %}
            sum(sum(case when gain = {{ sql_text('session: ' ~ channel) }} then gain_count else 0 end)) over so_far
                as channel_{{ loop.index }}_session_count,
        {% endfor %}
        {% for gain in ['id', 'device', 'unreceived_event'] %}
            cast(sum(sum(case when gain = '{{ gain }}' then gain_count else 0 end)) over so_far as {{ dbt.type_bigint() }})
                as {{ gain }}_count,
        {% endfor %}
        person_number,
        gained_date as feature_date
    from gains
    group by person_number, gained_date
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
