with conversions as (

    select * from {{ ref('conversions') }}
    where not is_refund

),

credits as (

    select * from {{ ref('attributed_conversions') }}
    where attribution_model = 'last_touch' and identity_mode = 'graph' and click_id is not null

),

sessions as (

    select * from {{ ref('sessions') }}

),

clicks as (

    -- One click may be sent with the name of its parameter and without it.
    select
        id_number,
        session_started_at,
        click_id,
        min(click_id_type) as click_id_type
    from {{ ref('int_campaign_sessions') }}
    where touch_number is not null and click_id is not null
    group by id_number, session_started_at, click_id

),

networks as (

    select
        lower(parameter) as click_id_type,
        network
    from {{ ref('click_id_parameters') }}

),

final as (

    select
        conversions.conversion_id,
        conversions.space_id,
        conversions.universal_id,
        credits.click_id,
        clicks.click_id_type,
        networks.network,
        conversions.converted_at,
        conversions.revenue_amount as conversion_value,
        conversions.currency_code,
        conversions.event_name,
        conversions.order_id,
        conversions.has_consent and sessions.has_consent as has_consent
    from conversions
    inner join credits on conversions.conversion_id = credits.conversion_id
    inner join sessions on credits.touch_session_id = sessions.session_id
    left join clicks
        on
            {{ hash_64(['sessions.space_id', 'sessions.node_id']) }} = clicks.id_number
            and sessions.session_started_at = clicks.session_started_at
            and credits.click_id = clicks.click_id
    left join networks on clicks.click_id_type = networks.click_id_type

)

select * from final
