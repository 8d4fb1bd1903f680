{% set key_rules = custom_key_rules('kissmetrics') %}
{% set ignored = ignored_values() %}
{# What the library makes up for a visitor without a name: a digest in base64, or a UUID on phones. #}
{% set generated_identity = '^(?:[a-z0-9+/]{27}=|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$' %}

with events as (

    select * from {{ ref('base_kissmetrics__events') }}

),

identities_told_apart as (

    select
        *,
        case
            when sent_alias is not null then 'alias'
            when sent_event_name is null and valid_properties is not null then 'identify'
            when lower(sent_event_name) in ('visited site', 'page view') then 'page'
            when sent_event_name is not null then 'track'
        end as event_type,
        {% for name in ['anonymous_id', 'sent_alias'] %}
            case when not {{ regexp_matches('lower(' ~ name ~ ')', "'" ~ generated_identity ~ "'") }} then {{ name }} end
                as named_{{ name }},
        {% endfor %}
        coalesce(
            sent_email,
            case when sent_alias like '%_@_%' then sent_alias end,
            case when anonymous_id like '%_@_%' then anonymous_id end
        ) as email_address,
        case when sent_url like '%://%' then sent_url else 'https://' || sent_url end as page_url,
        {{ referrer_url('sent_referrer') }} as referrer
    from events

),

url_parsed as (

    select
        *,
        case event_type
            when 'alias' then 'alias'
            when 'identify' then 'identify'
            when 'page' then 'page_view'
            else sent_event_name
        end as event_name,
        {{ to_utc_timestamp('event_time', 'seconds') }} as occurred_at,
        {{ normalized_email('email_address') }} as email,
        {{ id_text('sent_phone') }} as phone,
        coalesce(named_sent_alias, named_anonymous_id) as user_id,
        case when named_anonymous_id != named_sent_alias then named_anonymous_id end as other_user_id,
        coalesce(sent_alias, anonymous_id) as kissmetrics_id,
        {{ consent_given('sent_consent') }} as has_consent,
        case when page_url like '%=%' then page_url end as query_string,
        {{ url_part('path', 'page_url') }} as page_path,
        case when referrer is not null then {{ url_part('host', 'lower(page_url)') }} end as page_host,
        {{ url_part('host', 'referrer') }} as referring_host,
        {{ money_columns(['sent_revenue'], 'sent_currency', ignored) }},
        coalesce(valid_properties, raw_line) as properties
    from identities_told_apart

),

link_read as (

    select
        *,
        {{ link_columns(ignored, 'campaign_{}') }}
    from url_parsed

),

final as (

    select
        raw_file,
        raw_row_number,
        -- The export has no id of its own. The line is one: what happened twice in a second is one event.
        {{ sha256_hex('raw_line') }} as event_id,
        coalesce(event_type, 'track') as event_type,
        occurred_at,
        occurred_at as received_at,
        case
            when lower(device_platform) like '%ipad%' or lower(device_platform) like '%tablet%' then 'tablet'
            when device_platform is not null or lower(system_name) in ('ios', 'iphone os', 'android') then 'phone'
        end as platform,
        case
            when lower(system_name) in ('ios', 'iphone os') then 'ios'
            when lower(system_name) = 'android' then 'android'
            when system_name is not null then 'other'
        end as os,
        false as is_in_app_browser,
        revenue_amount,
        currency_code,
        case when valid_properties is null then 'malformed_properties' else unread_revenue end as source_rejection_reason,
        -- An alias of two names links both logins, too.
        {{ tokenised_columns(
            'kissmetrics', ignored, key_rules + [{'key_type': 'user_id', 'is_sensitive': false}],
            {'user_id': 'other_user_id', 'kissmetrics_id': 'kissmetrics_id'},
            click_id='coalesce(sent_click_id, url_click_id)', click_id_type='coalesce(sent_click_id_type, url_click_id_type)',
            except=['event_id'], not_sent=['app_id', 'schema_version', 'device_id', 'browser', 'ip_token', 'source_session_id'],
            address='email_address'
        ) }}
    from link_read

)

select * from final
