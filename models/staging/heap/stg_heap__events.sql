{% set ignored = ignored_values() %}

with events as (

    select * from {{ ref('base_heap__events') }}

),

url_parsed as (

    select
        *,
        event_table = 'pageviews' and (sent_library in ('ios', 'android') or view_controller is not null) as is_screen,
        -- Heap has no session of what a server sends.
        coalesce(sent_library, '') = 'server'
        or (source_session_id is null and coalesce(sent_library, '') not in ('web', 'ios', 'android')) as is_from_server,
        {{ consent_given('sent_consent') }} as has_consent,
        -- With the signs that some exports leave out.
        '?' || coalesce(sent_query, '') || '#' || coalesce(sent_hash, '') || '?' || coalesce(landing_query, '') || '#'
        || coalesce(landing_hash, '') || '#' || coalesce(landing_page, '') as query_string,
        {{ url_part('host', "coalesce('https://' || sent_domain, " ~ referrer_url('landing_page') ~ ')') }} as page_host,
        {{ url_part('host', referrer_url('sent_referrer')) }} as referring_host
    from events

),

link_read as (

    select
        *,
        -- A server's own address is nobody's.
        case when not is_from_server then sent_ip end as ip_address,
        {{ normalized_email('sent_email') }} as email,
        {{ link_columns(ignored, 'session_{}') }}
    from url_parsed

),

canonical_events as (

    select
        raw_file,
        raw_row_number,
        -- One click may be an event of several names, each with a table of its own.
        {{ hashed_if_address('sent_event_id') }} || '/' || {{ without_addresses('event_table') }} as event_id,
        case when is_screen then 'screen' when event_table = 'pageviews' then 'page' else 'track' end as event_type,
        case
            when is_screen then 'screen_view'
            when event_table = 'pageviews' then 'page_view'
            when event_table = 'sessions' then 'session_start'
            else {{ without_addresses('event_table') }}
        end as event_name,
        occurred_at,
        -- Heap does not tell when it received a row.
        occurred_at as received_at,
        case
            when is_from_server then 'server'
            when sent_device_type = 'tablet' or sent_device like '%ipad%' then 'tablet'
            when sent_device_type in ('mobile', 'phone', 'smartphone') or sent_library in ('ios', 'android') then 'phone'
            when sent_device_type in ('desktop', 'computer') then 'desktop'
        end as platform,
        case
            when sent_platform like 'ios%' or sent_platform like 'ipad%' or sent_platform like 'iphone%' then 'ios'
            when sent_platform like 'android%' then 'android'
            when sent_platform like 'windows%' then 'windows'
            when sent_platform like 'mac%' or sent_platform like 'os x%' then 'macos'
            when sent_platform like '%linux%' or sent_platform like 'ubuntu%' then 'linux'
            when sent_platform is not null then 'other'
        end as os,
        {{ browser_named('sent_browser') }} as browser,
        coalesce({{ regexp_matches(
            'sent_browser', "'^(facebook|instagram|tiktok|snapchat|pinterest|linkedin)'"
        ) }}, false) as is_in_app_browser,
        revenue_amount,
        currency_code,
        case when is_repeated then 'repeated_in_its_event_table' else unread_revenue end as source_rejection_reason,
        {{ tokenised_columns(
            'heap', ignored, custom_key_rules('heap'), {'heap_user_id': 'anonymous_id'},
            except=['event_id', 'event_name'], not_sent=['app_id', 'schema_version', 'device_id', 'user_id']
        ) }}
    from link_read

),

final as (

    select {{ canonical_columns() | join(', ') }} from canonical_events
    union all
    select {{ canonical_columns() | join(', ') }} from {{ ref('stg_heap__users') }}
    union all
    select {{ canonical_columns() | join(', ') }} from {{ ref('stg_heap__migrations') }}

)

select * from final
