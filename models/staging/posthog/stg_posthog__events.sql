{% set key_rules = custom_key_rules('posthog') + [{'key_type': 'user_id', 'is_sensitive': false}] %}
{% set ignored = ignored_values() %}

with events as (

    select * from {{ ref('base_posthog__ids') }}

),

url_parsed as (

    select
        *,
        {{ normalized_email('email_address') }} as email,
        {{ id_text('sent_phone') }} as phone,
        {{ consent_given('sent_consent') }} as has_consent,
        {{ user_agent_columns('user_agent') }},
        {{ money_columns(['sent_revenue'], 'sent_currency', ignored) }},
        case when page_url like '%=%' then page_url end as query_string,
        coalesce({{ url_part('path', 'page_url') }}, sent_page_path) as page_path,
        case when sent_referrer is not null then {{ url_part('host', 'lower(page_url)') }} end as page_host,
        {{ url_part('host', referrer_url('sent_referrer')) }} as referring_host
    from events

),

link_read as (

    -- The browser repeats its campaign with every event, so on a page the address alone tells a new one.
    select
        {{ all_but(['properties', 'kept_click_id', 'kept_click_id_type']) }},
        case
            when valid_properties is null then properties
            when event_type = 'identify' then properties_set
            when event_type = 'group' then group_properties
            else properties
        end as properties,
        case when page_url is null then kept_click_id end as kept_click_id,
        case when page_url is null then kept_click_id_type end as kept_click_id_type,
        {{ link_columns(ignored, 'case when page_url is null then kept_{} end') }}
    from url_parsed

),

final as (

    select
        raw_file,
        raw_row_number,
        event_type,
        {{ without_addresses("case
            when event_type in ('identify', 'group', 'alias') then event_type
            when event_type in ('page', 'screen') then event_type || '_view'
            else sent_event_name
        end") }} as event_name,
        occurred_at,
        coalesce(created_at, inserted_at, exported_at, occurred_at) as received_at,
        case
            when is_from_server then 'server'
            when sent_device_type in ('mobile', 'tablet', 'desktop') then replace(sent_device_type, 'mobile', 'phone')
            else agent_platform
        end as platform,
        case
            when is_from_server then null
            when sent_os in ('ios', 'ipados', 'android', 'windows', 'linux') then replace(sent_os, 'ipados', 'ios')
            when sent_os in ('mac os x', 'macos') then 'macos'
            when sent_os is not null then 'other'
            else agent_os
        end as os,
        case when not is_from_server then coalesce({{ browser_named('sent_browser') }}, agent_browser) end as browser,
        is_in_app_browser or coalesce(sent_browser like 'facebook%' or sent_browser like 'instagram%', false) as is_in_app_browser,
        revenue_amount,
        currency_code,
        case when not is_from_server and {{ is_bot('user_agent') }} then 'bot' else unread_revenue end as source_rejection_reason,
        {{ tokenised_columns(
            'posthog', ignored, key_rules, {'posthog_person_id': 'person_id', 'user_id': 'previous_user_id'},
            click_id='coalesce(url_click_id, kept_click_id)', click_id_type='coalesce(url_click_id_type, kept_click_id_type)',
            except=['event_name'], not_sent=['schema_version', 'device_id'], address='email_address'
        ) }}
    from link_read

)

select * from final
