{{
    config(
        materialized='incremental',
        incremental_strategy='replace_changed',
        unique_key=['space_id', 'universal_id'],
        meta={'changed_entities': {'model': 'int_changed_feature_persons'}}
    )
}}
{% set window_counts = ['event_count', 'session_count', 'conversion_count', 'active_day_count'] %}
{% set state_counts = ['received_event_count', 'id_count', 'device_count'] %}

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

memberships as (

    -- Whose an id was at the end of which days: from joined_date until the day before left_date.
    select
        ids.id_number,
        anchors.id_number as person_number,
        cast(history.valid_from_at as date) as joined_date,
        cast(history.valid_to_at as date) as left_date
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

    -- settled_date: when the events were received, and when a session's campaign was seen.
    select
        id_number,
        'event' as fact_type,
        active_date as fact_date,
        received_date as settled_date,
        device_id as detail,
        event_count as fact_count,
        login_event_count,
        cast(null as {{ type_decimal(18, 4) }}) as revenue_amount
    from {{ ref('int_active_days') }}
    union all
    select
        id_number,
        'session' as fact_type,
        cast(session_started_at as date) as fact_date,
        cast(touched_at as date) as settled_date,
        channel as detail,
        1 as fact_count,
        0 as login_event_count,
        cast(null as {{ type_decimal(18, 4) }}) as revenue_amount
    from {{ ref('int_touches') }}
    where has_consent
    union all
    select
        ids.id_number,
        'conversion' as fact_type,
        cast(conversions.converted_at as date) as fact_date,
        cast(conversions.converted_at as date) as settled_date,
        case when conversions.revenue_amount is not null then coalesce(conversions.currency_code, '') end as detail,
        1 as fact_count,
        0 as login_event_count,
        conversions.revenue_amount
    from {{ ref('conversions') }} as conversions
    inner join ids
        on
            conversions.space_id = ids.space_id
            and conversions.anonymous_id = ids.anonymous_id
    where conversions.has_consent

),

facts as (

    -- What happened before an id joined is the person's, but only from the day on which it joins: known_date.
    select
        memberships.person_number,
        greatest(id_facts.fact_date, memberships.joined_date) as known_date,
        id_facts.{{ all_but(['id_number']) }}  -- noqa: RF02
    from id_facts
    inner join memberships on id_facts.id_number = memberships.id_number
    where memberships.left_date is null or id_facts.fact_date < memberships.left_date

),

active_days as (

    -- Two ids on one day are one active day, known with the first of them.
    select
        person_number,
        fact_date,
        min(known_date) as known_date
    from facts
    where fact_type = 'event'
    group by person_number, fact_date

),

feature_days as (

    select
        person_number,
        fact_date as feature_date
    from active_days
    where known_date = fact_date

),

counted_facts as (

    select
        person_number,
        fact_type,
        fact_date,
        known_date,
        fact_count
    from facts
    union all
    select
        person_number,
        'active_day' as fact_type,
        fact_date,
        known_date,
        1 as fact_count
    from active_days
    union all
    select
        person_number,
        'received_event' as fact_type,
        greatest(known_date, settled_date) as fact_date,
        greatest(known_date, settled_date) as known_date,
        fact_count
    from facts
    where fact_type = 'event'
    union all
    select
        person_number,
        'id' as fact_type,
        joined_date as fact_date,
        joined_date as known_date,
        1 as fact_count
    from memberships
    union all
    select
        person_number,
        'device' as fact_type,
        min(known_date) as fact_date,
        min(known_date) as known_date,
        1 as fact_count
    from facts
    where fact_type = 'event' and detail is not null
    group by person_number, detail

),

daily_counts as (

    select
        {% for count in window_counts + state_counts %}
            sum(case when fact_type = '{{ count | replace("_count", "") }}' then fact_count else 0 end) as {{ count }},
        {% endfor %}
        person_number,
        fact_date,
        known_date
    from counted_facts
    group by person_number, fact_date, known_date

),

recent_counts as (

    -- The 27 days before a day lie in its month and the one before, so that a day meets few others, however long the history.
    select
        daily_counts.*,
        cast({{ dbt.date_trunc('month', 'fact_date') }} as date) as feature_month
    from daily_counts
    union all
    select
        daily_counts.*,
        -- 31 days after the first of a month lies in the next.
        cast({{ dbt.date_trunc('month', dbt.dateadd('day', 31, dbt.date_trunc('month', 'fact_date'))) }} as date) as feature_month
    from daily_counts

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

lifetimes as (

    select
        {% for count in window_counts + state_counts %}
            cast(sum(sum({{ count }})) over so_far as {{ dbt.type_bigint() }}) as {{ count }}_lifetime,
        {% endfor %}
        person_number,
        known_date as feature_date
    from daily_counts
    group by person_number, known_date
    window so_far as (partition by person_number order by known_date)

),

daily_states as (

    select
        person_number,
        known_date as feature_date,
        max(case when fact_type = 'event' then fact_date end) as active_date,
        max(case when fact_type = 'event' and fact_date < known_date then fact_date end) as joined_active_date,
        max(case when fact_type = 'conversion' then fact_date end) as converted_date,
        max(case when login_event_count > 0 then 1 else 0 end) as has_logged_in,
        sum(revenue_amount) as revenue_amount,
        min(case when fact_type = 'conversion' then detail end) as first_currency_code,
        max(case when fact_type = 'conversion' then detail end) as last_currency_code
    from facts
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
        max(has_logged_in) over so_far = 1 as has_logged_in,
        sum(revenue_amount) over so_far as revenue_amount,
        -- In the order of the alphabet; they differ where the person paid in more than one.
        min(first_currency_code) over so_far as first_currency_code,
        max(last_currency_code) over so_far as last_currency_code
    from daily_states
    window so_far as (partition by person_number order by feature_date)

),

session_channels as (

    -- A session whose campaign is seen only after midnight has no channel until then.
    select
        person_number,
        greatest(known_date, settled_date) as feature_date,
        detail as channel,
        1 as session_count
    from facts
    where fact_type = 'session'

),

channels as (

    select distinct
        person_number,
        channel
    from session_channels

),

channel_changes as (

    select * from session_channels
    union all
    -- So that each channel has a row on each feature day.
    select
        channels.person_number,
        feature_days.feature_date,
        channels.channel,
        0 as session_count
    from channels
    inner join feature_days on channels.person_number = feature_days.person_number

),

channel_counts as (

    select
        person_number,
        feature_date,
        channel,
        cast(sum(sum(session_count)) over (partition by person_number, channel order by feature_date) as {{ dbt.type_bigint() }}) as session_count
    from channel_changes
    group by person_number, feature_date, channel

),

channel_mixes as (

    select
        person_number,
        feature_date,
        '{' || {{ dbt.listagg(
            "'\"' || channel || '\": ' || cast(session_count as " ~ dbt.type_string() ~ ")", "', '", 'order by channel'
        ) }} || '}' as channel_session_counts
    from channel_counts
    where session_count > 0
    group by person_number, feature_date

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
            lifetimes.{{ count }}_lifetime,
        {% endfor %}
        case when states.first_currency_code = states.last_currency_code then nullif(states.first_currency_code, '') end as currency_code,
        case
            when states.first_currency_code = states.last_currency_code
                then {{ dbt.cast('states.revenue_amount', type_decimal(18, 4)) }}
        end as revenue_amount_lifetime,
        coalesce(channel_mixes.channel_session_counts, '{}') as channel_session_counts,
        lifetimes.id_count_lifetime as id_count,
        lifetimes.device_count_lifetime as device_count,
        states.has_logged_in,
        lifetimes.event_count_lifetime - lifetimes.received_event_count_lifetime as unreceived_event_count
    from feature_days
    inner join ids as anchors on feature_days.person_number = anchors.id_number
    inner join windows
        on
            feature_days.person_number = windows.person_number
            and feature_days.feature_date = windows.feature_date
    inner join lifetimes
        on
            feature_days.person_number = lifetimes.person_number
            and feature_days.feature_date = lifetimes.feature_date
    inner join states
        on
            feature_days.person_number = states.person_number
            and feature_days.feature_date = states.feature_date
    left join channel_mixes
        on
            feature_days.person_number = channel_mixes.person_number
            and feature_days.feature_date = channel_mixes.feature_date

)

select * from final
