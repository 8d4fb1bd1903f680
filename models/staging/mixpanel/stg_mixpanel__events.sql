{% set key_rules, ignored = custom_key_rules('mixpanel'), ignored_values() %}
{% set server_library = '^(?:python|node|ruby|php|jdk|java|go|csharp)$|analytics-(?:node|python|java|ruby|go|php|net)$' %}

with events as (

    select * from {{ ref('base_mixpanel__ids') }}

),

times_read as (

    select
        *,
        -- A number is seconds, or milliseconds where seconds would lie beyond the year 5000.
        case
            when abs({{ cast_or_null('sent_time', type_double()) }}) < 100000000000 then {{ to_utc_timestamp('sent_time', 'seconds') }}
            else coalesce({{ to_utc_timestamp('sent_time', 'milliseconds') }}, {{ to_utc_timestamp('sent_time') }})
        end as local_time,
        coalesce({{ to_utc_timestamp('api_milliseconds', 'milliseconds') }}, {{ to_utc_timestamp('processing_milliseconds', 'milliseconds') }})
            as processed_at
    from events

),

url_parsed as (

    select
        *,
        {{ local_to_utc('local_time', var('mixpanel_time_zone')) }} as occurred_at,
        -- What a server sends may be a login that only looks like a visitor's id; a browser names it as one.
        coalesce(
            merged_ids,
            user_id,
            case
                when
                    event_type not in ('identify', 'alias') and coalesce(sent_os, sent_browser) is null
                    and is_generated_tracked_id and not is_device_tracked_id
                    then bare_tracked_id
            end
        ) as mixpanel_id,
        coalesce({{ regexp_matches('lower(sent_library)', "'" ~ server_library ~ "'") }}, false)
        or (event_type in ('identify', 'alias') and coalesce(sent_os, sent_browser) is null) as is_from_server,
        lower(coalesce(sent_os, '')) as os_name,
        lower(coalesce(sent_browser, '')) as browser_name,
        lower(coalesce(sent_device, '') || ' ' || coalesce(sent_model, '')) as device,
        -- Who logs in by address is told by it.
        coalesce(sent_email, case when user_id like '%_@_%' then user_id end) as email_address,
        {{ id_text('sent_phone') }} as phone,
        {{ consent_given('sent_consent') }} as has_consent,
        -- The library keeps a campaign and a click for all later pages. They tell one where there is no address to ask.
        {% for name in ['source', 'medium', 'campaign', 'content', 'term', 'click_id', 'click_id_type'] %}
            case when page_url is null then kept_{{ name }} end as told_{{ name }},
        {% endfor %}
        {{ money_columns(['sent_revenue'], 'sent_currency', ignored) }},
        case when page_url like '%=%' then page_url end as query_string,
        {{ url_part('path', 'page_url') }} as page_path,
        case when sent_referrer is not null then {{ url_part('host', 'lower(page_url)') }} end as page_host,
        {{ url_part('host', referrer_url('sent_referrer')) }} as referring_host
    from times_read

),

link_read as (

    select
        *,
        {{ normalized_email('email_address') }} as email,
        -- A server's own address is nobody's.
        case when not is_from_server then sent_ip end as ip_address,
        {{ link_columns(ignored, kept='told_{}') }}
    from url_parsed

),

final as (

    select
        raw_file,
        raw_row_number,
        -- Mixpanel itself takes an insert_id for unique within a user's events of one name and time.
        case
            when coalesce(device_event_id, valid_properties, sent_time) is not null then {{ surrogate_key([
                'sent_event_name', 'tracked_id', dbt.datediff("'1970-01-01'", 'local_time', 'second'),
                'coalesce(device_event_id, valid_properties)'
            ]) }}
        end as event_id,
        event_type,
        {{ without_addresses("case event_type when 'track' then sent_event_name when 'page' then 'page_view' else event_type end") }} as event_name,
        occurred_at,
        coalesce(processed_at, occurred_at) as received_at,
        case
            when is_from_server then 'server'
            when device like '%ipad%' or os_name like 'ipad%' or device like '%tablet%' then 'tablet'
            when os_name in ('ios', 'iphone os', 'android', 'windows phone') or device like '%phone%' or device like '%android%' then 'phone'
            when os_name != '' or browser_name != '' then 'desktop'
        end as platform,
        case
            when os_name like 'ipad%' or os_name in ('ios', 'iphone os') then 'ios'
            when os_name in ('android', 'linux') then os_name
            when os_name like 'windows%' then 'windows'
            when os_name like 'mac%' then 'macos'
            when os_name != '' then 'other'
        end as os,
        {{ browser_named('browser_name') }} as browser,
        browser_name like 'facebook%' or browser_name like 'instagram%' as is_in_app_browser,
        revenue_amount,
        currency_code,
        case when valid_properties is null and sent_time is null then 'malformed_properties' else unread_revenue end as source_rejection_reason,
        -- Two users that were merged are two logins of one.
        {{ tokenised_columns(
            'mixpanel', ignored, key_rules + [{'key_type': 'user_id', 'is_sensitive': false}],
            {'user_id': 'other_user_id', 'mixpanel_id': 'mixpanel_id'}, except=['event_id', 'event_name'],
            click_id='coalesce(url_click_id, told_click_id)', click_id_type='coalesce(url_click_id_type, told_click_id_type)',
            not_sent=['app_id', 'schema_version', 'source_session_id'], address='email_address'
        ) }}
    from link_read

)

select * from final
