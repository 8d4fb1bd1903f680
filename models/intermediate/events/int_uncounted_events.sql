{{ config(materialized='view') }}

-- The events that the models below have to take up in this run, with what they read of them.
with new_events as (

    select
        event_number,
        load_number,
        id_number,
        event_id,
        source_name,
        space_id,
        occurred_at,
        received_at,
        anonymous_id,
        device_id,
        user_id,
        email_hash,
        email_domain_hash,
        phone_hash,
        account_id,
        ip_token,
        click_id,
        click_id_type,
        source_session_id,
        custom_keys,
        has_consent,
        is_observed,
        is_visit,
        utm_source,
        utm_medium,
        utm_campaign,
        utm_content,
        utm_term,
        referrer_host,
        order_id
    from {{ ref('int_events') }}
    where load_number > {{ last_complete_load() }}

),

recounted_events as (

    select * from {{ ref('int_recounted_events') }}

),

final as (

    select * from new_events
    union all
    select * from recounted_events

)

select * from final
