-- Events of earlier runs by visitors that are counted again; looked up once for all that counts them.
{{ config(meta={'lasts_for_a_run': true}) }}

with recounted_visitors as (

    select id_number
    from {{ ref('int_changed_visitors') }}
    where is_recounted

),

final as (

    select
        events.event_number,
        events.load_number,
        events.id_number,
        events.event_id,
        events.source_name,
        events.space_id,
        events.occurred_at,
        events.received_at,
        events.anonymous_id,
        events.device_id,
        events.user_id,
        events.email_hash,
        events.email_domain_hash,
        events.phone_hash,
        events.account_id,
        events.ip_token,
        events.click_id,
        events.click_id_type,
        events.source_session_id,
        events.custom_keys,
        events.has_consent,
        events.is_observed,
        events.is_visit,
        events.utm_source,
        events.utm_medium,
        events.utm_campaign,
        events.utm_content,
        events.utm_term,
        events.referrer_host,
        events.order_id
    from {{ ref('int_events') }} as events
    inner join recounted_visitors on events.id_number = recounted_visitors.id_number
    where events.load_number <= {{ last_complete_load() if has_recounted_visitors(ref('int_changed_visitors')) else 0 }}

)

select * from final
