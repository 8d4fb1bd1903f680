{% set ignored = ignored_values() %}

with events as (

    select * from {{ ref('base_snowplow__ids') }}

),

url_parsed as (

    select
        *,
        case when page_url like '%=%' then page_url end as query_string,
        coalesce({{ url_part('path', 'page_url') }}, page_urlpath) as page_path,
        case when page_referrer is not null then {{ url_part('host', 'lower(page_url)') }} end as page_host,
        {{ url_part('host', referrer_url('page_referrer')) }} as referring_host,
        {{ user_agent_columns('user_agent') }},
        {{ normalized_email('email_address') }} as email,
        {{ money_columns(['transaction_revenue', 'refund_amount'], 'coalesce(transaction_currency, refund_currency)', ignored) }},
        -- Device and collector disagree by the device's clock; enrichment corrects it the same way.
        coalesce(
            derived_tstamp,
            {{ corrected_time('dvce_created_tstamp', 'dvce_sent_tstamp', 'collector_tstamp') }},
            collector_tstamp
        ) as occurred_at,
        coalesce(tr_orderid, ti_orderid, transaction_id, refunded_id) as order_id,
        event_name in ('transaction', 'refund') as has_amount
    from events

),

link_read as (

    select
        *,
        case when has_amount then coalesce(tr_revenue_amount, revenue_amount) end as transaction_amount,
        -- The campaign enrichment reads the same address, where it is switched on.
        {{ link_columns(ignored, 'mkt_{}') }}
    from url_parsed

),

final as (

    select
        raw_file,
        raw_row_number,
        case
            when event = 'page_view' then 'page'
            when event = 'unstruct' and event_name = 'screen_view' then 'screen'
            when is_identify then 'identify'
            when merged_snowplow_ids is not null then 'alias'
            else 'track'
        end as event_type,
        -- What the company itself defines has versions of its own; those of the vendor's events are the vendor's affair.
        case
            when
                coalesce(event_vendor, '') not like 'com.snowplowanalytics.%' and coalesce(event_vendor, '') not like 'com.google.%'
                then event_version
        end as schema_version,
        occurred_at,
        coalesce(collector_tstamp, occurred_at) as received_at,
        case
            when sent_platform = 'srv' or merged_snowplow_ids is not null then 'server'
            when sent_platform = 'pc' then 'desktop'
            when sent_platform = 'mob' and agent_platform = 'tablet' then 'tablet'
            when sent_platform = 'mob' then 'phone'
            when user_agent is not null then agent_platform
            when dvce_type = 'Mobile' then 'phone'
            when dvce_type = 'Tablet' then 'tablet'
            when dvce_type = 'Computer' then 'desktop'
        end as platform,
        case
            when sent_platform = 'srv' then null
            when lower(mobile_os) in ('ios', 'android') then lower(mobile_os)
            else agent_os
        end as os,
        case when coalesce(sent_platform, 'web') = 'web' then agent_browser end as browser,
        is_in_app_browser,
        transaction_amount as revenue_amount,
        case when has_amount then coalesce(tr_currency_code, currency_code) end as currency_code,
        case
            when
                is_spider_or_robot = 'true' or is_detected_bot = 'true'
                or (coalesce(sent_platform, '') != 'srv' and {{ is_bot('user_agent') }})
                then 'bot'
            when has_amount and transaction_amount is null then coalesce(tr_unread_revenue, unread_revenue)
        end as source_rejection_reason,
        {{ tokenised_columns(
            'snowplow', ignored, custom_key_rules('snowplow'), {
                'network_userid': 'browser_network_userid', 'domain_userid': 'linking_domain_userid', 'snowplow_id': 'snowplow_ids'
            },
            click_id='coalesce(mkt_clickid, url_click_id)',
            click_id_type="coalesce(
                case when coalesce(mkt_clickid, url_click_id) = url_click_id then url_click_id_type end,
                case lower(mkt_network) when 'google' then 'gclid' when 'microsoft' then 'msclkid' when 'doubleclick' then 'dclid' end
            )",
            not_sent=['account_id'], address='email_address'
        ) }}
    from link_read

)

select * from final
