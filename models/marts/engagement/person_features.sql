{{
    config(
        materialized='incremental',
        incremental_strategy='replace_changed',
        unique_key=['space_id', 'universal_id'],
        meta={'changed_entities': {'model': 'int_changed_feature_persons'}}
    )
}}
{% set window_counts = ['event_count', 'session_count', 'conversion_count', 'active_day_count'] %}
{% set channels = touch_channels() %}

with changed_persons as (

    select * from {{ ref('int_changed_feature_persons') }}

),

ids as (

    select
        id_number,
        space_id,
        anonymous_id,
        first_visit_at
    from {{ ref('int_identity_ids') }}

),

active_days as (

    select * from {{ ref('int_active_days') }}

),

touches as (

    select
        id_number,
        channel,
        cast(session_started_at as date) as session_date,
        -- When its campaign was seen, which may be after midnight.
        cast(touched_at as date) as touched_date
    from {{ ref('int_touches') }}
    where has_consent

),

id_conversions as (

    select
        ids.id_number,
        cast(conversions.converted_at as date) as conversion_date,
        conversions.revenue_amount,
        case when conversions.revenue_amount is not null then coalesce(conversions.currency_code, '') end as currency_code
    from {{ ref('conversions') }} as conversions
    inner join ids
        on
            conversions.space_id = ids.space_id
            and conversions.anonymous_id = ids.anonymous_id
    where conversions.has_consent

),

memberships as (

    -- Whose an id was at the end of which days: from joined_date until the day before left_date.
    select
        ids.id_number,
        anchors.id_number as person_number,
        cast(history.valid_from_at as date) as joined_date,
        coalesce(cast(history.valid_to_at as date), cast('9999-12-31' as date)) as left_date
    from {{ ref('users_history') }} as history
    {% if is_incremental() %}
        inner join changed_persons
            on
                history.space_id = changed_persons.space_id
                and history.universal_id = changed_persons.universal_id
    {% endif %}
    inner join ids
        on
            history.space_id = ids.space_id
            and history.anonymous_id = ids.anonymous_id
    inner join ids as anchors
        on
            history.space_id = anchors.space_id
            and history.universal_id = anchors.anonymous_id
    where
        history.valid_to_at is null
        or cast(history.valid_from_at as date) < cast(history.valid_to_at as date)

),

id_facts as (

    select
        id_number,
        active_date as fact_date,
        event_count,
        login_event_count,
        0 as session_count,
        0 as conversion_count,
        cast(null as {{ type_decimal(18, 4) }}) as revenue_amount,
        cast(null as {{ dbt.type_string() }}) as currency_code
    from active_days
    union all
    select
        id_number,
        session_date as fact_date,
        0 as event_count,
        0 as login_event_count,
        1 as session_count,
        0 as conversion_count,
        cast(null as {{ type_decimal(18, 4) }}) as revenue_amount,
        cast(null as {{ dbt.type_string() }}) as currency_code
    from touches
    union all
    select
        id_number,
        conversion_date as fact_date,
        0 as event_count,
        0 as login_event_count,
        0 as session_count,
        1 as conversion_count,
        revenue_amount,
        currency_code
    from id_conversions

),

facts as (

    -- What happened before an id joined is the person's, but only from the day on which it joins: known_date.
    select
        memberships.person_number,
        greatest(id_facts.fact_date, memberships.joined_date) as known_date,
        id_facts.{{ all_but(['id_number']) }}  -- noqa: RF02
    from id_facts
    inner join memberships on id_facts.id_number = memberships.id_number
    where id_facts.fact_date < memberships.left_date

),

daily_facts as (

    select
        person_number,
        fact_date,
        known_date,
        {% for count in ['event_count', 'login_event_count', 'session_count', 'conversion_count'] %}
            cast(sum({{ count }}) as {{ dbt.type_int() }}) as {{ count }},
        {% endfor %}
        sum(revenue_amount) as revenue_amount,
        min(currency_code) as first_currency_code,
        max(currency_code) as last_currency_code
    from facts
    group by person_number, fact_date, known_date

),

daily_counts as (

    select
        *,
        -- Two ids on one day are one active day, known with the first of them.
        case
            when
                event_count > 0
                and known_date = min(case when event_count > 0 then known_date end) over (partition by person_number, fact_date)
                then 1
            else 0
        end as active_day_count
    from daily_facts

),

feature_days as (

    select
        person_number,
        fact_date as feature_date
    from daily_counts
    where
        fact_date = known_date
        and event_count > 0

),

recent_counts as (

    -- The 27 days before a day lie in its month and the one before, so that a day meets few others, however long the history.
    {% for days_later in [0, 31] %}
        select
            person_number,
            fact_date,
            known_date,
            {{ window_counts | join(', ') }},
            -- 31 days after the first of a month lies in the next.
            cast({{ dbt.date_trunc('month', dbt.dateadd('day', days_later, dbt.date_trunc('month', 'fact_date'))) }} as date) as feature_month
        from daily_counts
        {{ 'union all' if not loop.last }}
    {% endfor %}

),

windows as (

    select
        {% for count in window_counts %}
            {% for window_days in [1, 7, 28] if count != 'active_day_count' or window_days == 28 %}
                cast(sum(
                    case
                        when feature_days.feature_date < cast({{ dbt.dateadd('day', window_days, 'recent_counts.fact_date') }} as date)
                            then recent_counts.{{ count }}
                        else 0
                    end
                ) as {{ dbt.type_bigint() }}) as {{ count }}_{{ window_days }}d,
            {% endfor %}
        {% endfor %}
        feature_days.person_number,
        feature_days.feature_date
    from feature_days
    inner join recent_counts
        on
            feature_days.person_number = recent_counts.person_number
            and cast({{ dbt.date_trunc('month', 'feature_days.feature_date') }} as date) = recent_counts.feature_month
            and feature_days.feature_date >= recent_counts.known_date
    group by feature_days.person_number, feature_days.feature_date

),

daily_states as (

    select
        person_number,
        known_date as feature_date,
        {% for count in window_counts + ['login_event_count'] %}
            cast(sum({{ count }}) as {{ dbt.type_int() }}) as {{ count }},
        {% endfor %}
        max(case when event_count > 0 then fact_date end) as active_date,
        max(case when event_count > 0 and fact_date < known_date then fact_date end) as joined_active_date,
        max(case when conversion_count > 0 then fact_date end) as converted_date,
        sum(revenue_amount) as revenue_amount,
        min(first_currency_code) as first_currency_code,
        max(last_currency_code) as last_currency_code
    from daily_counts
    group by person_number, known_date

),

states as (

    select
        person_number,
        feature_date,
        joined_active_date,
        max(active_date) over (
            partition by person_number order by feature_date rows between unbounded preceding and 1 preceding
        ) as previous_active_date,
        max(converted_date) over so_far as last_converted_date,
        {% for count in window_counts %}
            cast(sum({{ count }}) over so_far as {{ dbt.type_bigint() }}) as {{ count }}_lifetime,
        {% endfor %}
        sum(login_event_count) over so_far > 0 as has_logged_in,
        sum(revenue_amount) over so_far as revenue_amount,
        -- In the order of the alphabet; they differ where the person paid in more than one.
        min(first_currency_code) over so_far as first_currency_code,
        max(last_currency_code) over so_far as last_currency_code
    from daily_states
    window so_far as (partition by person_number order by feature_date)

),

devices as (

    select
        memberships.person_number,
        active_days.device_id,
        min(greatest(active_days.active_date, memberships.joined_date)) as known_date
    from active_days
    inner join memberships on active_days.id_number = memberships.id_number
    where
        active_days.device_id is not null
        and active_days.active_date < memberships.left_date
    group by memberships.person_number, active_days.device_id

),

late_events as (

    select
        memberships.person_number,
        greatest(active_days.active_date, memberships.joined_date) as known_date,
        active_days.received_date,
        active_days.event_count
    from active_days
    inner join memberships on active_days.id_number = memberships.id_number
    where
        active_days.active_date < memberships.left_date
        and active_days.received_date > greatest(active_days.active_date, memberships.joined_date)

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
        memberships.person_number,
        greatest(touches.session_date, touches.touched_date, memberships.joined_date) as gained_date,
        'session' as gain,
        touches.channel,
        1 as gain_count
    from touches
    inner join memberships on touches.id_number = memberships.id_number
    where touches.session_date < memberships.left_date
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
            count(case when channel = '{{ channel }}' then 1 end) as channel_{{ loop.index }}_session_count,
        {% endfor %}
        cast(sum(case when gain = 'unreceived_event' then gain_count else 0 end) as {{ dbt.type_int() }}) as unreceived_event_count
    from gains
    group by person_number, gained_date

),

gained as (

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
        anchors.space_id,
        anchors.anonymous_id as universal_id,
        feature_days.feature_date,
        {{ dbt.datediff('anchors.first_visit_at', 'feature_days.feature_date', 'day') }} as days_since_first_seen,
        {{ dbt.datediff(
            'greatest(coalesce(states.previous_active_date, states.joined_active_date), '
            ~ 'coalesce(states.joined_active_date, states.previous_active_date))',
            'feature_days.feature_date', 'day'
        ) }} as days_since_previous_active_day,
        {{ dbt.datediff('states.last_converted_date', 'feature_days.feature_date', 'day') }} as days_since_last_conversion,
        {% for count in window_counts %}
            {% for window_days in [1, 7, 28] if count != 'active_day_count' or window_days == 28 %}
                windows.{{ count }}_{{ window_days }}d,
            {% endfor %}
            states.{{ count }}_lifetime,
        {% endfor %}
        case when states.first_currency_code = states.last_currency_code then nullif(states.first_currency_code, '') end as currency_code,
        case
            when states.first_currency_code = states.last_currency_code
                then {{ dbt.cast('states.revenue_amount', type_decimal(18, 4)) }}
        end as revenue_amount_lifetime,
        '{' || coalesce(array_to_string([
            {% for channel in channels %}
                case
                    when gained.channel_{{ loop.index }}_session_count > 0
                        then '"{{ channel }}": ' || cast(gained.channel_{{ loop.index }}_session_count as {{ dbt.type_string() }})
                end{{ ',' if not loop.last }}
            {% endfor %}
        ], ', '), '') || '}' as channel_session_counts,
        gained.id_count,
        gained.device_count,
        states.has_logged_in,
        gained.unreceived_event_count
    from feature_days
    inner join ids as anchors on feature_days.person_number = anchors.id_number
    inner join windows
        on
            feature_days.person_number = windows.person_number
            and feature_days.feature_date = windows.feature_date
    inner join states
        on
            feature_days.person_number = states.person_number
            and feature_days.feature_date = states.feature_date
    inner join gained
        on
            feature_days.person_number = gained.person_number
            and feature_days.feature_date = gained.feature_date

)

select * from final
