{% set key_rules = custom_key_rules('ga4') %}
{% set ignored = ignored_values() %}
{% set address = "coalesce(sent_email, case when user_id like '%_@_%' then user_id end)" %}

with events as (

    select * from {{ ref('base_ga4__events') }}

),

referrer_told as (

    select
        *,
        stream_id as app_id,
        {{ surrogate_key([
            'stream_id', 'sent_anonymous_id', 'source_session_id', 'event_name', 'event_microseconds', 'batch_page_id', 'batch_ordering_id',
            'batch_event_index', 'case when batch_page_id is null then event_bundle_sequence_id end', 'telling_properties'
        ]) }} as event_id,
        -- Unset and missing mean that nobody asked; an answer that cannot be read is none. A row of ignored_values takes no refusal away.
        coalesce({{ campaign_value('analytics_storage') }} in ('yes', 'unset'), true)
        and coalesce(uses_transient_token != 'yes', true) as has_consent,
        coalesce(vendor_id, case when coalesce(is_limited_ad_tracking, 'no') = 'no' then advertising_id end) as device_id,
        {{ normalized_email(address) }} as email,
        {{ money_columns(['sent_value'], 'sent_currency', ignored, prefix='event_') }},
        case when page_url like '%=%' then page_url end as query_string,
        {{ url_part('path', 'page_url') }} as page_path,
        -- Apps and cut-down exports have no referrer; there the vendor's word for it is all there is.
        case
            when ignore_referrer = 'true' then null
            when sent_referrer is not null then {{ referrer_url('sent_referrer') }}
            when
                lower(collected_medium) = 'referral' and coalesce(collected_campaign, '(') like '(%' and collected_source like '%_.__%'
                then 'https://' || lower(collected_source)
        end as referrer
    from events

),

url_parsed as (

    select
        *,
        -- Without consent there is no id: a page load is counted as a visitor of its own, who is never observed.
        case
            when sent_anonymous_id is not null or has_consent then sent_anonymous_id
            when batch_page_id is null then 'non-consent-' || event_id
            else 'non-consent-' || {{ surrogate_key(['stream_id', 'batch_page_id']) }}
        end as anonymous_id,
        -- The host is only wanted to tell whether the referrer is another.
        case
            when sent_referrer is not null
                then coalesce(
                    {{ url_part('host', 'lower(page_url)') }}, case when hostname like 'www.%' then substr(hostname, 5) else hostname end
                )
        end as page_host,
        {{ url_part('host', 'referrer') }} as referring_host,
        -- A medium of the vendor's own is what it read from the referrer, or that there was none; its campaigns stand in brackets.
        coalesce(lower(collected_medium) in ('organic', 'referral', '(none)') and coalesce(collected_campaign, '(') like '(%', false)
        and (referrer is not null or coalesce(ignore_referrer, '') = 'true' or lower(collected_medium) = '(none)') as is_told_by_referrer
    from referrer_told

),

parameters_read as (

    select
        *,
        {{ link_columns(ignored, 'case when not is_told_by_referrer then collected_{} end') }}
    from url_parsed

),

final as (

    select
        raw_file,
        raw_row_number,
        event_id,
        case event_name when 'page_view' then 'page' when 'screen_view' then 'screen' else 'track' end as event_type,
        {{ to_utc_timestamp('event_microseconds', 'microseconds') }} as occurred_at,
        {{ to_utc_timestamp('received_microseconds', 'microseconds') }} as received_at,
        case device_category when 'mobile' then 'phone' when 'tablet' then 'tablet' when 'desktop' then 'desktop' end as platform,
        case
            when device_os in ('ios', 'ipados') then 'ios'
            when device_os in ('android', 'windows', 'linux') then device_os
            when device_os in ('macintosh', 'macos', 'mac os') then 'macos'
            when device_os not like '(%)' then 'other'
        end as os,
        case
            when device_browser in ('chrome', 'edge', 'firefox', 'opera') then device_browser
            when device_browser like 'safari%' then 'safari'
            when device_browser like 'samsung%' then 'samsung'
            when device_browser = 'android webview' then 'chrome'
            when device_browser not like '(%)' then 'other'
        end as browser,
        coalesce(device_browser in ('safari (in-app)', 'android webview', 'facebook', 'instagram'), false) as is_in_app_browser,
        case
            when event_name in ('purchase', 'ecommerce_purchase') then coalesce(purchase_revenue, event_revenue_amount)
            when event_name = 'refund' then coalesce(refund_value, event_revenue_amount)
            else purchase_revenue
        end as revenue_amount,
        event_currency_code as currency_code,
        case
            when event_name in ('purchase', 'ecommerce_purchase') and purchase_revenue is null then event_unread_revenue
            when event_name = 'refund' and refund_value is null then event_unread_revenue
        end
            as source_rejection_reason,
        {{ tokenised_columns(
            'ga4', ignored, key_rules, email_hashes=['event_email_hash', 'visitor_email_hash', 'email', 'ehash'],
            except=['event_id'], not_sent=['schema_version', 'ip_token'], click_id='coalesce(gclid, dclid, url_click_id, srsltid)',
            click_id_type="coalesce(
                case when gclid is not null then 'gclid' when dclid is not null then 'dclid' end, url_click_id_type, 'srsltid'
            )", address=address
        ) }}
    from parameters_read

)

select * from final
