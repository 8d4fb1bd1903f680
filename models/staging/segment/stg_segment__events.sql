{# Columns that Segment itself makes; all others but context_* are properties or traits. #}
{% set own_columns = [
    'id', 'anonymous_id', 'user_id', 'previous_id', 'group_id', 'event', 'event_text', 'received_at', 'sent_at',
    'original_timestamp', 'timestamp', 'uuid', 'uuid_ts', 'loaded_at', 'raw_file', 'file_row_number'
] %}
{# The names under which these columns are sent with any call; segment_call knows those of a table. #}
{% set texts = {
    'event_id': ['id'], 'event_name': ['event', 'event_text'], 'app_id': ['context_app_name'], 'user_agent': ['context_user_agent'],
    'library_name': ['context_library_name'], 'os_name': ['context_os_name'], 'device_model': ['context_device_model'],
    'is_told_bot': ['context_is_bot'], 'sent_ip': ['context_ip', 'context_request_ip'],
    'denied_consents': ['context_consent_management_denied_consent_ids'],
    'sent_url': ['context_page_url'], 'sent_search': ['context_page_search'], 'sent_path': ['context_page_path'],
    'sent_referrer': ['context_page_referrer'], 'campaign_source': ['context_campaign_source'],
    'campaign_medium': ['context_campaign_medium'], 'campaign_name': ['context_campaign_name'],
    'campaign_content': ['context_campaign_content'], 'campaign_term': ['context_campaign_term']
} %}
{% set ids = {
    'anonymous_id': ['anonymous_id'], 'user_id': ['user_id'], 'previous_id': [], 'device_id': ['context_device_id'],
    'source_session_id': ['context_session_id'], 'account_id': ['context_group_id'], 'sent_email': ['context_traits_email'],
    'phone': ['context_traits_phone']
} %}
{% set sent_campaign = {
    'utm_source': ['campaign_source'], 'utm_medium': ['campaign_medium'], 'utm_campaign': ['campaign_name'],
    'utm_content': ['campaign_content'], 'utm_term': ['campaign_term']
} %}
{% set ignored = ignored_values() %}

with calls as (

    {{ segment_calls('segment', own_columns, texts, ids) }}

),

calls_read as (

    select
        {{ all_but(['is_consent_given', 'is_told_bot', 'os_name', 'device_model']) }},
        lower(os_name) as os_name,
        lower(device_model) as device_model,
        {{ normalized_email('sent_email') }} as email,
        {{ url_part('path', 'coalesce(sent_url, sent_path)') }} as page_path,
        -- The host is only wanted to tell whether the referrer is another.
        case when referrer is not null then {{ url_part('host', 'lower(sent_url)') }} end as page_host,
        {{ url_part('host', 'referrer') }} as referring_host,
        {{ user_agent_columns('user_agent') }},
        {{ link_columns(ignored, sent_campaign) }},
        -- By the language: analytics-ruby, @segment/analytics-node, Analytics.NET, rudder-sdk-python. No page's or app's names one.
        coalesce({{ regexp_matches(
            'lower(library_name)', "'([-_/.]|^)(node|python|ruby|java|go|php|net|rust|clojure)([-_/]|$)'"
        ) }}, false) as is_from_server,
        -- An address of IPv6 may stand in brackets. A server's own address is nobody's.
        lower({{ known_value(
            "case when anonymous_id is not null then "
            ~ "case when sent_ip like '[%:%]' then substr(sent_ip, 2, length(sent_ip) - 2) else sent_ip end end",
            ignored
        ) }}) as ip_address,
        -- Refused categories are columns, or a JSON list, as text; missing means allowed.
        is_consent_given
        {%- for category in var('segment_consent_categories') %}
            and {{ dbt.position("'\"" ~ category ~ "\"'", "coalesce(denied_consents, '')") }} = 0
        {%- else %}
            and coalesce(replace(denied_consents, ' ', ''), '[]') = '[]'
        {%- endfor %} as has_consent,
        coalesce(lower(is_told_bot), 'false') in ('true', '1') as is_told_bot,
        -- Of an alias, the id before: an anonymous id or a user id, so that it is read as both.
        nullif({{ hashed_if_address('previous_id') }}, {{ hashed_if_address('user_id') }}) as previous_user_id
    from calls

),

final as (

    select
        raw_file,
        raw_row_number,
        event_type,
        coalesce(
            corrected_at,
            {{ corrected_time('client_occurred_at', 'sent_at', 'received_at') }},
            case when is_without_time then received_at end
        ) as occurred_at,
        coalesce(received_at, corrected_at, client_occurred_at) as received_at,
        {{ hashed_if_address('coalesce(previous_id, anonymous_id)') }} as anonymous_id,
        -- What an app's own library says goes before its user agent, which is the one of the system's web view.
        case
            when is_from_server then 'server'
            when os_name like 'ipados%' or device_model like 'ipad%' then 'tablet'
            when os_name in ('ios', 'iphone os', 'android') then 'phone'
            else agent_platform
        end as platform,
        case
            when os_name in ('ios', 'ipados', 'iphone os') then 'ios'
            when os_name in ('android', 'windows', 'linux') then os_name
            when os_name in ('mac os x', 'macos', 'mac os') then 'macos'
            else agent_os
        end as os,
        agent_browser as browser,
        is_in_app_browser,
        revenue_amount,
        currency_code,
        case
            when is_repeated then 'repeated_in_its_event_table'
            when is_told_bot or (anonymous_id is not null and {{ is_bot('user_agent') }}) then 'bot'
            else unread_revenue
        end as source_rejection_reason,
        {{ tokenised_columns(
            'segment', ignored, custom_key_rules('segment') + [{'key_type': 'user_id', 'is_sensitive': false}],
            {'user_id': 'previous_user_id'}, except=['anonymous_id'], not_sent=['schema_version']
        ) }}
    from calls_read

)

select * from final
