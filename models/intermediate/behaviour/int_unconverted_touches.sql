{{ config(materialized='table') }}
with attribution_model as (

    select * from {{ ref('attribution_models') }}
    where attribution_model = '{{ var('path_attribution_model') }}'

),

attributed as (

    select attributed.*, conversions.session_id  -- noqa: LT09
    from {{ ref('attributed_conversions') }} as attributed
    inner join {{ ref('conversions') }} as conversions on attributed.conversion_id = conversions.conversion_id
    where attributed.attribution_model = '{{ var('path_attribution_model') }}' and not attributed.is_refund and conversions.has_consent

),

touches as (

    select  -- noqa: LT09
        sessions.space_id, sessions.universal_id, sessions.anonymous_id, sessions.session_id,
        coalesce(campaigns.touch_number, 0) as touch_number,
        coalesce(campaigns.touched_at, sessions.session_started_at) as touched_at,
        coalesce(campaigns.channel, 'direct') as channel
    from {{ ref('sessions') }} as sessions
    left join {{ ref('int_campaign_sessions') }} as campaigns
        on
            {{ hash_64(['sessions.space_id', 'sessions.node_id']) }} = campaigns.id_number
            and sessions.session_started_at = campaigns.session_started_at
            and campaigns.touch_number is not null
    where sessions.has_consent

),

identified_touches as (

    {% for mode, id in {'graph': 'universal_id', 'cookie': 'anonymous_id'}.items() %}
        select '{{ mode }}' as identity_mode, {{ id }} as identity_id, {{ all_but(['universal_id', 'anonymous_id']) }} from touches  -- noqa: LT09,LT14
        {{ 'union all' if not loop.last }}
    {% endfor %}

),

last_conversions as (

    select identity_mode, space_id, identity_id, max(converted_at) as converted_at  -- noqa: LT09
    from attributed
    group by identity_mode, space_id, identity_id

),

noted_late as (

    -- Sessions that began, or whose first campaign was noted, within a minute after their conversion. A direct one may have no credit beside campaigns.
    select identity_mode, space_id, identity_id, session_id, 0 as touch_number from attributed  -- noqa: LT09
    union distinct
    select identity_mode, space_id, identity_id, touch_session_id as session_id, case when touch_position is null then 0 else 1 end as touch_number  -- noqa
    from attributed
    where touched_at = converted_at

),

touches_after as (

    -- Who never converted has all of them.
    select
        touches.*,
        max(touches.touched_at) over (partition by touches.identity_mode, touches.space_id, touches.identity_id) as last_touched_at
    from identified_touches as touches
    left join last_conversions
        on touches.identity_mode = last_conversions.identity_mode and touches.space_id = last_conversions.space_id and touches.identity_id = last_conversions.identity_id
    left join noted_late
        on
            touches.identity_mode = noted_late.identity_mode and touches.space_id = noted_late.space_id and touches.identity_id = noted_late.identity_id
            and touches.session_id = noted_late.session_id and touches.touch_number <= noted_late.touch_number
    where noted_late.session_id is null and (last_conversions.converted_at is null or touches.touched_at > last_conversions.converted_at)

),

looked_at as (

    -- What the model would look at if the last touch had been a conversion.
    select
        touches_after.*,
        touches_after.touch_number > 0 or not attribution_model.excludes_direct as is_credited
    from touches_after
    cross join attribution_model
    where
        attribution_model.window_days is null
        or touches_after.touched_at >= {{ dbt.dateadd('day', '-attribution_model.window_days', 'touches_after.last_touched_at') }}

),

credited as (

    -- Where direct visits are no touches and there is nothing else, the path is direct, as that of a conversion is.
    select * from looked_at
    qualify
        is_credited
        or (
            count(case when is_credited then 1 end) over (partition by identity_mode, space_id, identity_id) = 0
            and row_number() over (
                partition by identity_mode, space_id, identity_id order by touched_at desc, session_id desc, touch_number desc
            ) = 1
        )

),

final as (

    select  -- noqa: LT09
        identity_mode, space_id, identity_id, touched_at, channel,
        row_number() over (partition by identity_mode, space_id, identity_id order by touched_at, session_id, touch_number) as touch_position
    from credited

)

select * from final
