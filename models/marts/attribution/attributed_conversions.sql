with conversions as (

    select
        *,
        {{ hash_64(['space_id', 'universal_id']) }} as person_number,
        {{ hash_64(['space_id', 'anonymous_id']) }} as id_number
    from {{ ref('conversions') }}

),

campaign_touches as (

    select * from {{ ref('int_campaign_sessions') }}
    where touch_number is not null

),

conversions_by_identity as (

    select
        'graph' as identity_mode,
        person_number as identity_number,
        conversion_id,
        converted_at,
        attributed_at
    from conversions
    union all
    select
        'cookie' as identity_mode,
        id_number as identity_number,
        conversion_id,
        converted_at,
        attributed_at
    from conversions

),

converting_identities as (

    select distinct
        identity_mode,
        identity_number
    from conversions_by_identity

),

sessions_by_identity as (

    -- Most identities never convert; their touches need not be sorted.
    select
        converting_identities.identity_mode,
        converting_identities.identity_number,
        sessions.session_id,
        sessions.id_number,
        sessions.session_started_at
    from {{ ref('int_touches') }} as sessions
    inner join converting_identities on sessions.person_number = converting_identities.identity_number
    where converting_identities.identity_mode = 'graph'
    union all
    select
        converting_identities.identity_mode,
        converting_identities.identity_number,
        sessions.session_id,
        sessions.id_number,
        sessions.session_started_at
    from {{ ref('int_touches') }} as sessions
    inner join converting_identities on sessions.id_number = converting_identities.identity_number
    where converting_identities.identity_mode = 'cookie'

),

touches_by_identity as (

    -- A session without a campaign is one touch, number 0.
    select
        sessions_by_identity.identity_mode,
        sessions_by_identity.identity_number,
        sessions_by_identity.session_id,
        coalesce(campaign_touches.touch_number, 0) as touch_number,
        coalesce(campaign_touches.touched_at, sessions_by_identity.session_started_at) as touched_at
    from sessions_by_identity
    left join campaign_touches
        on
            sessions_by_identity.id_number = campaign_touches.id_number
            and sessions_by_identity.session_started_at = campaign_touches.session_started_at

),

journeys as (

    select
        identity_mode,
        identity_number,
        touched_at as happened_at,
        0 as is_conversion,
        session_id as touch_session_id,
        touch_number,
        case when touch_number > 0 then session_id end as campaign_session_id,
        case when touch_number > 0 then touch_number end as campaign_touch_number,
        null as conversion_id
    from touches_by_identity
    union all
    select
        identity_mode,
        identity_number,
        attributed_at as happened_at,
        1 as is_conversion,
        null as touch_session_id,
        null as touch_number,
        null as campaign_session_id,
        null as campaign_touch_number,
        conversion_id
    from conversions_by_identity

),

journeys_with_touches as (

    select
        identity_mode,
        conversion_id,
        first_value(touch_session_id ignore nulls) over journey_so_far as first_touch_session_id,
        first_value(touch_number ignore nulls) over journey_so_far as first_touch_number,
        last_value(campaign_session_id ignore nulls) over journey_so_far as last_touch_session_id,
        last_value(campaign_touch_number ignore nulls) over journey_so_far as last_touch_number
    from journeys
    window
        journey_so_far as (
            partition by identity_mode, identity_number
            order by happened_at, is_conversion, touch_session_id, touch_number, conversion_id
            rows between unbounded preceding and current row
        )

),

campaigns_told_late as (

    -- The page view that carries a session's campaign may be noted seconds after the conversion that it led to.
    select
        conversions.conversion_id,
        touches.session_id,
        1 as touch_number
    from conversions
    inner join {{ ref('int_touches') }} as touches on conversions.session_id = touches.session_id
    where
        touches.touched_at > conversions.attributed_at
        and touches.touched_at <= {{ dbt.dateadd('second', 60, 'conversions.attributed_at') }}

),

credits as (

    select
        journeys_with_touches.conversion_id,
        'first_touch' as attribution_model,
        journeys_with_touches.identity_mode,
        coalesce(journeys_with_touches.first_touch_session_id, campaigns_told_late.session_id) as touch_session_id,
        coalesce(journeys_with_touches.first_touch_number, campaigns_told_late.touch_number) as touch_number
    from journeys_with_touches
    left join campaigns_told_late on journeys_with_touches.conversion_id = campaigns_told_late.conversion_id
    where journeys_with_touches.conversion_id is not null
    union all
    select
        journeys_with_touches.conversion_id,
        'last_touch' as attribution_model,
        journeys_with_touches.identity_mode,
        coalesce(campaigns_told_late.session_id, journeys_with_touches.last_touch_session_id) as touch_session_id,
        coalesce(campaigns_told_late.touch_number, journeys_with_touches.last_touch_number) as touch_number
    from journeys_with_touches
    left join campaigns_told_late on journeys_with_touches.conversion_id = campaigns_told_late.conversion_id
    where journeys_with_touches.conversion_id is not null

),

credited_sessions as (

    select touch_session_id as session_id
    from credits
    union distinct
    select session_id
    from conversions

),

sessions as (

    select
        touches.session_id,
        touches.id_number,
        touches.session_started_at
    from {{ ref('int_touches') }} as touches
    inner join credited_sessions on touches.session_id = credited_sessions.session_id

),

credited_touches as (

    select
        sessions.session_id,
        coalesce(campaign_touches.touch_number, 0) as touch_number,
        coalesce(campaign_touches.touched_at, sessions.session_started_at) as touched_at,
        coalesce(campaign_touches.channel, 'direct') as channel,
        campaign_touches.utm_source,
        campaign_touches.utm_medium,
        campaign_touches.utm_campaign,
        campaign_touches.utm_content,
        campaign_touches.utm_term,
        campaign_touches.click_id
    from sessions
    left join campaign_touches
        on
            sessions.id_number = campaign_touches.id_number
            and sessions.session_started_at = campaign_touches.session_started_at

),

touches_in_window as (

    -- The last campaign counts for a week only; the first touch, campaign or not, for good.
    select
        credits.conversion_id,
        credits.attribution_model,
        credits.identity_mode,
        touches.session_id as touch_session_id,
        touches.touched_at,
        touches.channel,
        touches.utm_source,
        touches.utm_medium,
        touches.utm_campaign,
        touches.utm_content,
        touches.utm_term,
        touches.click_id
    from credits
    inner join conversions on credits.conversion_id = conversions.conversion_id
    left join credited_touches as touches
        on
            credits.touch_session_id = touches.session_id
            and credits.touch_number = touches.touch_number
            and (
                credits.attribution_model = 'first_touch'
                or touches.touched_at >= {{ dbt.dateadd(
                    'day', '-' ~ var('attribution_window_days'), 'conversions.attributed_at'
                ) }}
            )

),

final as (

    -- Without a touch the conversion's own, direct session has the credit; what no session holds has no touch at all.
    select
        conversions.conversion_id,
        conversions.is_refund,
        conversions.event_name,
        touches_in_window.attribution_model,
        touches_in_window.identity_mode,
        coalesce(touches_in_window.touch_session_id, conversions.session_id) as touch_session_id,
        conversions.space_id,
        conversions.anonymous_id,
        conversions.universal_id,
        case touches_in_window.identity_mode
            when 'graph' then conversions.universal_id
            else conversions.anonymous_id
        end as identity_id,
        conversions.converted_at,
        case
            when touches_in_window.touched_at > conversions.converted_at then conversions.converted_at
            else coalesce(touches_in_window.touched_at, own_sessions.session_started_at)
        end as touched_at,
        coalesce(touches_in_window.channel, 'direct') as channel,
        touches_in_window.utm_source,
        touches_in_window.utm_medium,
        touches_in_window.utm_campaign,
        touches_in_window.utm_content,
        touches_in_window.utm_term,
        touches_in_window.click_id,
        cast(1 as {{ type_decimal(9, 8) }}) as credit,
        conversions.revenue_amount as attributed_revenue,
        conversions.currency_code
    from touches_in_window
    inner join conversions on touches_in_window.conversion_id = conversions.conversion_id
    left join sessions as own_sessions on conversions.session_id = own_sessions.session_id

)

select * from final
