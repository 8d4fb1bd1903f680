{{
    config(
        materialized='incremental',
        incremental_strategy='replace_changed',
        unique_key=['space_id', 'universal_id'],
        meta={'changed_entities': {'model': 'int_feature_memberships'}}
    )
}}
{% set window_counts = ['event_count', 'session_count', 'conversion_count', 'active_day_count'] %}
-- depends_on: {{ ref('int_feature_memberships') }}

with days as (

    select * from {{ ref('int_feature_days') }}

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
        from days
        {{ 'union all' if not loop.last }}
    {% endfor %}

),

windows as (

    select
        {% for count in window_counts %}
            {% for window_days in [7, 28] if count != 'active_day_count' or window_days == 28 %}
                cast(sum(case
                    when feature_days.fact_date < cast({{ dbt.dateadd('day', window_days, 'recent_counts.fact_date') }} as date)
                        then recent_counts.{{ count }}
                    else 0
                end) as {{ dbt.type_int() }}) as {{ count }}_{{ window_days }}d,
            {% endfor %}
        {% endfor %}
        feature_days.person_number,
        feature_days.fact_date
    from days as feature_days
    inner join recent_counts
        on
            feature_days.person_number = recent_counts.person_number
            and cast({{ dbt.date_trunc('month', 'feature_days.fact_date') }} as date) = recent_counts.feature_month
            and feature_days.fact_date >= recent_counts.known_date
    where feature_days.fact_date = feature_days.known_date and feature_days.event_count > 0
    group by feature_days.person_number, feature_days.fact_date

),

states as (

    -- Nothing that is known by the end of a feature day is of a later one, so the day's own row is the last in this order.
    select
        person_number,
        fact_date,
        known_date,
        {% for count in window_counts %}
            {{ count }} as {{ count }}_1d,
        {% endfor %}
        max(case when event_count > 0 then fact_date end) over (
            partition by person_number order by known_date, fact_date rows between unbounded preceding and 1 preceding
        ) as previous_active_date,
        max(case when conversion_count > 0 then fact_date end) over so_far as last_converted_date,
        {% for count in window_counts %}
            cast(sum({{ count }}) over so_far as {{ dbt.type_int() }}) as {{ count }}_lifetime,
        {% endfor %}
        sum(login_event_count) over so_far > 0 as has_logged_in,
        sum(revenue_amount) over so_far as revenue_amount,
        -- In the order of the alphabet; they differ where the person paid in more than one.
        min(first_currency_code) over so_far as first_currency_code,
        max(last_currency_code) over so_far as last_currency_code
    from days
    window so_far as (partition by person_number order by known_date, fact_date)

),

final as (

    select
        anchors.space_id,
        anchors.node_id as universal_id,
        states.fact_date as feature_date,
        {{ dbt.datediff('anchors.first_visit_at', 'states.fact_date', 'day') }} as days_since_first_seen,
        {{ dbt.datediff('states.previous_active_date', 'states.fact_date', 'day') }} as days_since_previous_active_day,
        {{ dbt.datediff('states.last_converted_date', 'states.fact_date', 'day') }} as days_since_last_conversion,
        {% for count in window_counts %}
            {% for window_days in [1, 7, 28] if count != 'active_day_count' or window_days == 28 %}
                {% set counted_in = 'states' if window_days == 1 else 'windows' %}
                cast({{ counted_in }}.{{ count }}_{{ window_days }}d as {{ dbt.type_bigint() }}) as {{ count }}_{{ window_days }}d,
            {% endfor %}
            cast(states.{{ count }}_lifetime as {{ dbt.type_bigint() }}) as {{ count }}_lifetime,
        {% endfor %}
        case when states.first_currency_code = states.last_currency_code then nullif(states.first_currency_code, '') end as currency_code,
        cast(case when states.first_currency_code = states.last_currency_code then states.revenue_amount end as {{ type_decimal(28, 4) }})
            as revenue_amount_lifetime,
        gains.channel_session_counts,
        gains.id_count,
        gains.device_count,
        gains.unreceived_event_count,
        states.has_logged_in
    from states
    inner join {{ ref('int_identity_ids') }} as anchors on states.person_number = anchors.id_number
    inner join windows on states.person_number = windows.person_number and states.fact_date = windows.fact_date
    inner join {{ ref('int_feature_gains') }} as gains on states.person_number = gains.person_number and states.fact_date = gains.feature_date
    where states.fact_date = states.known_date and states.event_count_1d > 0

)

select * from final
