{{
    config(
        materialized='incremental',
        incremental_strategy='replace_changed',
        unique_key=['space_id', 'identity_id'],
        meta={'changed_entities': {'model': 'int_changed_journeys', 'since': 'converted_at'}}
    )
}}

with changed_journeys as (

    select * from {{ ref('int_changed_journeys') }}

),

conversions as (

    select
        *,
        {{ hash_64(['space_id', 'universal_id']) }} as person_number,
        {{ hash_64(['space_id', 'anonymous_id']) }} as id_number
    from {{ ref('conversions') }}

),

conversions_by_either_identity as (

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

conversions_by_identity as (

    select conversions_by_either_identity.*
    from conversions_by_either_identity
    {% if is_incremental() %}
        inner join changed_journeys
            on conversions_by_either_identity.identity_number = changed_journeys.identity_number
        where
            changed_journeys.changed_from_at is null
            or conversions_by_either_identity.converted_at >= changed_journeys.changed_from_at
    {% endif %}

),

converting_identities as (

    select distinct
        identity_mode,
        identity_number
    from conversions_by_identity

),

touches_by_identity as (

    -- Most identities never convert; their touches need not be sorted.
    select
        converting_identities.identity_mode,
        converting_identities.identity_number,
        touches.session_id,
        touches.touched_at,
        touches.channel
    from {{ ref('int_touches') }} as touches
    inner join converting_identities on touches.person_number = converting_identities.identity_number
    where converting_identities.identity_mode = 'graph'
    union all
    select
        converting_identities.identity_mode,
        converting_identities.identity_number,
        touches.session_id,
        touches.touched_at,
        touches.channel
    from {{ ref('int_touches') }} as touches
    inner join converting_identities on touches.id_number = converting_identities.identity_number
    where converting_identities.identity_mode = 'cookie'

),

journeys as (

    select
        identity_mode,
        identity_number,
        touched_at as happened_at,
        0 as is_conversion,
        session_id as touch_session_id,
        case when channel != 'direct' then session_id end as campaign_session_id,
        null as conversion_id
    from touches_by_identity
    union all
    select
        identity_mode,
        identity_number,
        attributed_at as happened_at,
        1 as is_conversion,
        null as touch_session_id,
        null as campaign_session_id,
        conversion_id
    from conversions_by_identity

),

journeys_with_touches as (

    select
        identity_mode,
        conversion_id,
        first_value(touch_session_id ignore nulls) over journey_so_far as first_touch_session_id,
        last_value(campaign_session_id ignore nulls) over journey_so_far as last_touch_session_id
    from journeys
    window
        journey_so_far as (
            partition by identity_mode, identity_number
            order by happened_at, is_conversion, touch_session_id, conversion_id
            rows between unbounded preceding and current row
        )

),

credits as (

    select
        conversion_id,
        'first_touch' as attribution_model,
        identity_mode,
        first_touch_session_id as touch_session_id
    from journeys_with_touches
    where conversion_id is not null
    union all
    select
        conversion_id,
        'last_touch' as attribution_model,
        identity_mode,
        last_touch_session_id as touch_session_id
    from journeys_with_touches
    where conversion_id is not null

),

credited_sessions as (

    select touch_session_id as session_id
    from credits
    union distinct
    select session_id
    from conversions

),

credited_touches as (

    select touches.*
    from {{ ref('int_touches') }} as touches
    inner join credited_sessions on touches.session_id = credited_sessions.session_id

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
        touches.utm_campaign
    from credits
    inner join conversions on credits.conversion_id = conversions.conversion_id
    left join credited_touches as touches
        on
            credits.touch_session_id = touches.session_id
            and (
                credits.attribution_model = 'first_touch'
                or touches.touched_at >= {{ dbt.dateadd(
                    'day', '-' ~ var('attribution_window_days'), 'conversions.attributed_at'
                ) }}
            )

),

final as (

    -- Without a touch the conversion's own, direct session has the credit.
    select
        conversions.conversion_id,
        conversions.is_refund,
        touches_in_window.attribution_model,
        touches_in_window.identity_mode,
        coalesce(touches_in_window.touch_session_id, conversions.session_id) as touch_session_id,
        conversions.space_id,
        case touches_in_window.identity_mode
            when 'graph' then conversions.universal_id
            else conversions.anonymous_id
        end as identity_id,
        conversions.converted_at,
        coalesce(touches_in_window.touched_at, own_sessions.session_started_at) as touched_at,
        coalesce(touches_in_window.channel, 'direct') as channel,
        touches_in_window.utm_source,
        touches_in_window.utm_medium,
        touches_in_window.utm_campaign,
        cast(1 as {{ type_decimal(9, 8) }}) as credit,
        conversions.revenue_amount as attributed_revenue,
        conversions.currency_code
    from touches_in_window
    inner join conversions on touches_in_window.conversion_id = conversions.conversion_id
    inner join credited_touches as own_sessions on conversions.session_id = own_sessions.session_id

)

select * from final
