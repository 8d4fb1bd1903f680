{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key='event_hash'
    )
}}

with events as (

    select * from {{ ref('int_events_received') }}
    where rejection_reason is null and not is_buffered

),

repeated_hashes as (

    -- Hashes group faster than ids; two ids of one hash are told apart below.
    select event_hash
    from events
    {% if is_incremental() %}
        where event_hash in (select event_hash from events where load_number > {{ last_complete_load() }})
    {% endif %}
    group by event_hash
    having count(*) > 1

),

repeated_events as (

    select events.*
    from events
    inner join repeated_hashes on events.event_hash = repeated_hashes.event_hash

),

duplicates as (

    -- The first received stays. Only copies that are alike in every column reach the event number.
    select *
    from repeated_events
    qualify
        row_number() over (
            partition by source_name, event_id
            order by
                received_at, occurred_at, event_name, event_type, schema_version, space_id, anonymous_id, device_id,
                user_id, email_hash, email_domain_hash, phone_hash, ip_token, account_id, click_id, order_id, revenue_amount,
                currency_code, has_consent, page_path, referrer_host, utm_source, utm_medium, utm_campaign,
                utm_content, utm_term, platform, os, browser, is_in_app_browser, properties,
                {{ custom_keys_text("custom_keys") }}, load_number, event_number
        ) > 1

),

final as (

    select
        duplicates.event_number,
        duplicates.event_hash,
        duplicates.load_number,
        {% if is_incremental() %}
            coalesce(known_duplicates.found_in_load, cast({{ current_load() }} as {{ dbt.type_bigint() }})) as found_in_load,
        {% else %}
            cast({{ current_load() }} as {{ dbt.type_bigint() }}) as found_in_load,
        {% endif %}
        duplicates.source_name,
        duplicates.event_id,
        duplicates.received_at
    from duplicates
    {% if is_incremental() %}
        left join {{ this }} as known_duplicates on duplicates.event_number = known_duplicates.event_number
    {% endif %}

)

select * from final
