-- Last touch: the latest campaign touch at or before the conversion and within attribution_window_days; never direct if
-- there is one, direct if there is none. First touch: the earliest touch of all, direct or not. Both for the person
-- (graph) and for the anonymous id alone (cookie), found here by a plain join, not by the model's windows. The first campaign of
-- a session also has what was converted within the minute before it.
with touches as (

    select
        sessions.session_id,
        sessions.space_id,
        sessions.anonymous_id,
        coalesce(anchors.node_id, sessions.anonymous_id) as universal_id,
        coalesce(campaigns.touched_at, sessions.session_started_at) as touched_at,
        campaigns.touched_at is not null as is_campaign,
        coalesce(campaigns.touch_number = 1, false) as is_first_of_session
    from {{ ref('int_sessions') }} as sessions
    left join {{ ref('int_campaign_sessions') }} as campaigns
        on
            sessions.id_number = campaigns.id_number
            and sessions.session_started_at = campaigns.session_started_at
            and campaigns.touch_number is not null
    left join {{ ref('int_identity_resolved') }} as resolved
        on
            sessions.id_number = resolved.id_number
            and sessions.has_consent
    left join {{ ref('int_identity_ids') }} as anchors on resolved.person_number = anchors.id_number

),

conversions as (

    select
        *,
        {{ dbt.dateadd('day', '-' ~ var('attribution_window_days'), 'attributed_at') }} as window_starts_at,
        {{ dbt.dateadd('second', 60, 'attributed_at') }} as told_until_at
    from {{ ref('conversions') }}

),

earlier_touches as (

    select
        conversions.conversion_id,
        'graph' as identity_mode,
        min(touches.touched_at) as first_touched_at,
        max(
            case
                when touches.is_campaign and touches.touched_at >= conversions.window_starts_at
                    then touches.touched_at
            end
        ) as last_touched_at
    from conversions
    left join touches
        on
            conversions.space_id = touches.space_id
            and conversions.universal_id = touches.universal_id
            and (
                conversions.attributed_at >= touches.touched_at
                or (
                    conversions.session_id = touches.session_id
                    and conversions.told_until_at >= touches.touched_at
                    and touches.is_first_of_session
                )
            )
    group by conversions.conversion_id
    union all
    select
        conversions.conversion_id,
        'cookie' as identity_mode,
        min(touches.touched_at) as first_touched_at,
        max(
            case
                when touches.is_campaign and touches.touched_at >= conversions.window_starts_at
                    then touches.touched_at
            end
        ) as last_touched_at
    from conversions
    left join touches
        on
            conversions.space_id = touches.space_id
            and conversions.anonymous_id = touches.anonymous_id
            and (
                conversions.attributed_at >= touches.touched_at
                or (
                    conversions.session_id = touches.session_id
                    and conversions.told_until_at >= touches.touched_at
                    and touches.is_first_of_session
                )
            )
    group by conversions.conversion_id

),

credited as (

    select
        attributed.conversion_id,
        attributed.attribution_model,
        attributed.identity_mode,
        attributed.channel,
        attributed.touched_at,
        case attributed.attribution_model
            when 'first_touch' then earlier_touches.first_touched_at
            else earlier_touches.last_touched_at
        end as found_touched_at,
        attributed.converted_at
    from {{ ref('attributed_conversions') }} as attributed
    inner join earlier_touches
        on
            attributed.conversion_id = earlier_touches.conversion_id
            and attributed.identity_mode = earlier_touches.identity_mode

),

compared as (

    select
        *,
        -- A touch is never said to be after its conversion.
        case when found_touched_at < converted_at then found_touched_at when found_touched_at is not null then converted_at end
            as expected_touched_at
    from credited

)

select *
from compared
where
    (expected_touched_at is null and channel != 'direct')
    or (expected_touched_at is not null and channel = 'direct' and attribution_model = 'last_touch')
    or expected_touched_at != touched_at
