-- What a device looks like and when it is used: one row per id and ip that it was seen behind.
{% set max_block_ids = 200 %}

with events as (

    select
        space_id,
        anonymous_id,
        ip_token,
        platform,
        os,
        browser,
        is_in_app_browser,
        cast(occurred_at as date) as occurred_date,
        extract(hour from occurred_at) as hour_of_day,
        -- Counted from a Monday, because engines number the days of the week differently.
        mod({{ dbt.datediff("cast('1999-12-27' as date)", 'cast(occurred_at as date)', 'day') }}, 7) as weekday
    from {{ ref('int_events') }}
    where
        is_observed
        and is_visit
        and coalesce(platform, os, browser) is not null

),

devices as (

    -- A cookie lives in one browser; where the user agent changed, the one seen most often counts.
    select
        space_id,
        anonymous_id,
        platform,
        os,
        browser,
        is_in_app_browser
    from events
    group by space_id, anonymous_id, platform, os, browser, is_in_app_browser
    qualify
        row_number() over (
            partition by space_id, anonymous_id
            order by
                -- Engines sort nulls differently.
                count(*) desc, coalesce(platform, ''), coalesce(os, ''), coalesce(browser, ''), is_in_app_browser
        ) = 1

),

profiles as (

    select
        space_id,
        anonymous_id,
        count(*) as event_count,
        {% for hour in range(24) %}
        cast(sum(case when hour_of_day = {{ hour }} then 1 else 0 end) as {{ type_double() }}) / count(*)
            as hour_{{ '%02d' % hour }}_share,
        {% endfor %}
        {% for weekday in range(7) %}
        cast(sum(case when weekday = {{ weekday }} then 1 else 0 end) as {{ type_double() }}) / count(*)
            as weekday_{{ weekday + 1 }}_share{{ ',' if not loop.last }}
        {% endfor %}
    from events
    group by space_id, anonymous_id

),

appearances as (

    select
        space_id,
        anonymous_id,
        ip_token,
        min(occurred_date) as first_seen_date,
        max(occurred_date) as last_seen_date
    from events
    where ip_token is not null
    group by space_id, anonymous_id, ip_token

),

final as (

    select
        appearances.space_id,
        appearances.anonymous_id,
        appearances.ip_token,
        appearances.first_seen_date,
        appearances.last_seen_date,
        devices.platform,
        devices.os,
        devices.browser,
        devices.is_in_app_browser,
        profiles.event_count,
        {% for hour in range(24) %}
        profiles.hour_{{ '%02d' % hour }}_share,
        {% endfor %}
        {% for weekday in range(7) %}
        profiles.weekday_{{ weekday + 1 }}_share,
        {% endfor %}
        count(*) over block as block_id_count,
        count(*) over block > {{ max_block_ids }} as is_block_skipped
    from appearances
    inner join devices
        on
            appearances.space_id = devices.space_id
            and appearances.anonymous_id = devices.anonymous_id
    inner join profiles
        on
            appearances.space_id = profiles.space_id
            and appearances.anonymous_id = profiles.anonymous_id
    -- Ids are compared within a block only: one space, one ip, one platform and operating system.
    window
        block as (
            partition by appearances.space_id, appearances.ip_token, devices.platform, devices.os
        )

)

select * from final
