{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key='event_hash',
        post_hook='{{ mark_duplicates(this) }}'
    )
}}

with events as (

    select * from {{ ref('int_events_received') }}
    where rejection_reason is null and not is_buffered

),

{% if is_incremental() %}
    new_hashes as (

        select distinct event_hash
        from events
        where load_number > {{ last_complete_load() }}

    ),

{% endif %}
repeated_hashes as (

    -- Hashes group faster than ids; two ids of one hash are told apart below.
    select events.event_hash
    from events
    {% if is_incremental() %}
        inner join new_hashes on events.event_hash = new_hashes.event_hash
    {% endif %}
    group by events.event_hash
    having count(*) > 1

),

repeated_events as (

    select
        events.event_number,
        events.event_hash,
        events.load_number,
        events.source_name,
        events.event_id,
        events.received_at,
        count(*) over (
            partition by events.event_hash, events.source_name, events.event_id, events.received_at
        ) as received_at_once_count
    from events
    inner join repeated_hashes on events.event_hash = repeated_hashes.event_hash

),

received_at_once as (

    -- Only copies that are alike in every column reach the event number.
    select
        events.event_number,
        row_number() over (
            partition by events.source_name, events.event_id, events.received_at
            order by
                events.occurred_at, events.event_name, events.event_type, events.schema_version, events.space_id,
                events.anonymous_id, events.device_id, events.user_id, events.email_hash, events.email_domain_hash,
                events.phone_hash, events.ip_token, events.account_id, events.click_id, events.order_id,
                events.revenue_amount, events.currency_code, events.has_consent, events.page_path,
                events.referrer_host, events.utm_source, events.utm_medium, events.utm_campaign, events.utm_content,
                events.utm_term, events.platform, events.os, events.browser, events.is_in_app_browser,
                events.properties, {{ custom_keys_text('events.custom_keys') }}, events.load_number, events.event_number
        ) as turn
    from events
    inner join repeated_events on events.event_number = repeated_events.event_number
    where repeated_events.received_at_once_count > 1

),

in_order as (

    -- The first received stays.
    select
        repeated_events.*,
        row_number() over (
            partition by repeated_events.source_name, repeated_events.event_id
            order by repeated_events.received_at, coalesce(received_at_once.turn, 1)
        ) as turn
    from repeated_events
    left join received_at_once on repeated_events.event_number = received_at_once.event_number

),

final as (

    select
        in_order.event_number,
        in_order.event_hash,
        in_order.load_number,
        {% if is_incremental() %}
            coalesce(known_duplicates.found_in_load, cast({{ current_load() }} as {{ dbt.type_bigint() }})) as found_in_load,
        {% else %}
            cast({{ current_load() }} as {{ dbt.type_bigint() }}) as found_in_load,
        {% endif %}
        in_order.source_name,
        in_order.event_id,
        in_order.received_at
    from in_order
    {% if is_incremental() %}
        left join {{ this }} as known_duplicates on in_order.event_number = known_duplicates.event_number
    {% endif %}
    where in_order.turn > 1

)

select * from final
