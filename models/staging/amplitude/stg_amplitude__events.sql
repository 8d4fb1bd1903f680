{% set key_rules = custom_key_rules('amplitude') %}
{% set ignored = ignored_values() %}

with events as (

    select * from {{ ref('base_amplitude__events') }}

),

url_parsed as (

    select
        *,
        device_id as anonymous_id,
        case
            when sent_event_type = '$identify' then 'identify'
            when sent_event_type = '$groupidentify' then 'group'
            when sent_event_type = '[Amplitude] Page Viewed' then 'page'
            when sent_event_type = '[Amplitude] Screen Viewed' then 'screen'
            else 'track'
        end as event_type,
        coalesce(sent_device_type, '') || ' ' || coalesce(sent_device_family, '') as device,
        -- The HTTP API and the libraries of servers tell of no platform, device or session.
        coalesce(
            sent_platform = 'server' or coalesce(sent_platform, sent_os_name, sent_device_type, sent_device_family, source_session_id) is null,
            false
        ) as is_from_server,
        -- Who logs in by address is told by it.
        coalesce(sent_email, case when user_id like '%_@_%' then user_id end) as email_address,
        {{ id_text('sent_phone') }} as phone,
        {{ consent_given('sent_consent') }} as has_consent,
        {{ money_columns(['sent_revenue', 'sent_price'], 'sent_currency', ignored) }},
        case when page_url like '%=%' then page_url end as query_string,
        coalesce(sent_page_path, {{ url_part('path', 'page_url') }}) as page_path,
        case when sent_referrer is not null then {{ url_part('host', 'lower(page_url)') }} end as page_host,
        {{ url_part('host', referrer_url('sent_referrer')) }} as referring_host
    from events

),

link_read as (

    select
        *,
        {{ normalized_email('email_address') }} as email,
        -- A server's own address is nobody's.
        case when not is_from_server then sent_ip_address end as ip_address,
        {{ link_columns(ignored, 'sent_{}', 'kept_{}') }}
    from url_parsed

),

canonical_events as (

    select
        raw_file,
        raw_row_number,
        coalesce(
            export_id,
            -- Amplitude itself takes an insert_id for unique within a device.
            case when device_event_id is not null then {{ surrogate_key(['app_id', 'device_id', 'device_event_id']) }} end
        ) as event_id,
        event_type,
        {{ without_addresses("case
            when event_type in ('identify', 'group') then event_type
            when event_type in ('page', 'screen') then event_type || '_view'
            else sent_event_type
        end") }} as event_name,
        -- Amplitude has corrected event_time for the client's clock.
        coalesce(event_time, {{ corrected_time('client_event_time', 'client_upload_time', 'server_received_time') }}) as occurred_at,
        coalesce(server_received_time, server_upload_time, event_time, client_event_time) as received_at,
        case
            when is_from_server then 'server'
            when device like '%ipad%' or device like '%tablet%' or device like '%galaxy tab%' then 'tablet'
            -- On the web sent_os_name is the browser, and many a phone tells no more of itself than Android.
            when
                device like '%phone%' or device like '%android%' or sent_os_name like '%mobile%'
                or sent_platform in ('ios', 'android') or sent_os_name in ('ios', 'android')
                then 'phone'
            when sent_platform = 'web' or device like '%windows%' or device like '%mac%' or device like '%linux%' then 'desktop'
        end as platform,
        case
            when sent_platform = 'ios' or sent_os_name = 'ios' or device like '%iphone%' or device like '%ipad%' then 'ios'
            when sent_platform = 'android' or sent_os_name = 'android' or device like '%android%' then 'android'
            when sent_os_name like 'windows%' or device like '%windows%' then 'windows'
            when sent_os_name like 'mac%' or device like '%mac%' then 'macos'
            when sent_os_name = 'linux' or device like '%linux%' then 'linux'
            when sent_os_name is not null then 'other'
        end as os,
        -- On the web sent_os_name is the browser.
        case when sent_platform = 'web' then {{ browser_named('sent_os_name') }} end as browser,
        coalesce(
            sent_platform = 'web' and sent_os_name in ('facebook', 'instagram', 'tiktok', 'snapchat', 'pinterest', 'linkedin'), false
        ) as is_in_app_browser,
        coalesce(
            {{ amount_or_null('sent_revenue') }},
            {{ cast_or_null('revenue_amount * ' ~ amount_or_null("coalesce(sent_quantity, '1')"), type_decimal(18, 4)) }}
        ) as revenue_amount,
        currency_code,
        unread_revenue as source_rejection_reason,
        {{ tokenised_columns(
            'amplitude', ignored, key_rules, {'amplitude_id': 'amplitude_id', 'amplitude_merged_id': 'amplitude_merged_id'},
            except=['event_id', 'event_name'], not_sent=['schema_version'], address='email_address',
            click_id='coalesce(sent_click_id, url_click_id, kept_click_id)',
            click_id_type='lower(coalesce(sent_click_id_type, url_click_id_type, kept_click_id_type))'
        ) }}
    from link_read

),

final as (

    select {{ canonical_columns() | join(', ') }} from canonical_events
    union all
    select {{ canonical_columns() | join(', ') }} from {{ ref('stg_amplitude__merges') }}

)

select * from final
