with events as (

    select * from {{ ref('int_events_numbered') }}
    where rejection_reason is null and not is_buffered

),

repeated_hashes as (

    -- Hashes group faster than ids; two ids of one hash are told apart below.
    select {{ hash_64(['source_name', 'event_id']) }} as id_hash
    from events
    group by id_hash
    having count(*) > 1

),

repeated_events as (

    select events.*
    from events
    inner join repeated_hashes on {{ hash_64(['events.source_name', 'events.event_id']) }} = repeated_hashes.id_hash

),

final as (

    -- The first received stays. Only copies that are alike in every column reach the row number.
    select
        raw_row_number,
        source_name,
        event_id,
        received_at
    from repeated_events
    qualify
        row_number() over (
            partition by source_name, event_id
            order by
                received_at, occurred_at, event_name, event_type, schema_version, space_id, anonymous_id, device_id,
                user_id, email_hash, email_domain_hash, phone_hash, ip_token, account_id, click_id, order_id, revenue_amount,
                currency_code, has_consent, page_path, referrer_host, utm_source, utm_medium, utm_campaign,
                utm_content, utm_term, platform, os, browser, is_in_app_browser, properties,
                {{ custom_keys_text('custom_keys') }}, raw_row_number
        ) > 1

)

select * from final
