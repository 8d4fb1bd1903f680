{% set events = raw_reader(source('ga4', 'events'), 'ga4', 'events') %}
{% set columns = source_columns(events) %}
{% set key_rules = custom_key_rules('ga4') %}
{% set ignored = ignored_values() %}
{% set raw_names = raw_columns('ga4') %}
{# What stands in two places, and which of them goes before the other. #}
{% set told_twice = {
    'account_id': ['parameter', 'property'], 'email': ['parameter', 'property'], 'phone': ['parameter', 'property'],
    'gclid': ['collected', 'parameter'], 'dclid': ['collected', 'parameter'], 'order_id': ['collected', 'parameter']
} %}
{% set names_told_twice = {
    'account_id': raw_names.account_id, 'email': raw_names.email, 'phone': raw_names.phone,
    'email_hash': ['email_sha256', 'sha256_email_address', 'hashed_email', 'email_hash']
} %}
{% set told_once = {
    'analytics_storage': ('privacy_info_record', ['analytics_storage']),
    'uses_transient_token': ('privacy_info_record', ['uses_transient_token']),
    'device_category': ('device_record', ['category']),
    'device_os': ('device_record', ['operating_system']),
    'own_browser': ('device_record', ['browser']),
    'vendor_id': ('device_record', ['vendor_id']),
    'advertising_id': ('device_record', ['advertising_id']),
    'is_limited_ad_tracking': ('device_record', ['is_limited_ad_tracking']),
    'collected_gclid': ('collected_traffic_source_record', ['gclid']),
    'collected_dclid': ('collected_traffic_source_record', ['dclid']),
    'collected_order_id': ('ecommerce_record', ['transaction_id']),
    'page_location': ('event_properties', ['page_location']),
    'page_referrer': ('event_properties', ['page_referrer']),
    'ignore_referrer': ('event_properties', ['ignore_referrer']),
    'ga_session_id': ('event_properties', ['ga_session_id']),
    'parameter_gclid': ('event_properties', ['gclid']),
    'parameter_dclid': ('event_properties', ['dclid']),
    'parameter_srsltid': ('event_properties', ['srsltid']),
    'parameter_order_id': ('event_properties', raw_names.order_id),
    'parameter_value': ('event_properties', raw_names.revenue),
    'parameter_currency': ('event_properties', raw_names.currency)
} %}
{% set campaign_fields = {
    'source': 'manual_source', 'medium': 'manual_medium', 'campaign': 'manual_campaign_name', 'content': 'manual_content',
    'term': 'manual_term'
} %}
{% set collected_campaign = {} %}
{% for name in campaign_fields %}
    {% do collected_campaign.update({'utm_' ~ name: ['case when not is_told_by_referrer then collected_' ~ name ~ ' end']}) %}
{% endfor %}
{# What the vendor adds or changes while it processes a day, and so is not the same in the table of the running day. #}
{% set processed_parameters = [
    'all_data', 'batch_ordering_id', 'batch_page_id', 'campaign', 'campaign_id', 'clean_event', 'content', 'dclid',
    'engaged_session_event', 'entrances', 'ga_session_number', 'gclid', 'gclsrc', 'medium', 'session_engaged', 'source',
    'srsltid', 'term'
] %}

with source as (

    select
        *,
        {{ raw_file('_table_suffix') }} as source_file,
        {{ raw_row_number(events) }} as source_row_number,
        -- Any field of a record may be missing, in any file, so records are read as JSON.
        {% for name in ['privacy_info', 'device', 'collected_traffic_source', 'ecommerce'] %}
            {{ json_part(json_column(columns, name), '$') }} as {{ name }}_record,
        {% endfor %}
        {{ records_json(json_part(json_column(columns, 'event_params'), '$')) }} as event_properties,
        {{ records_json(json_part(json_column(columns, 'user_properties'), '$')) }} as visitor_properties,
        -- Older events, and those that no browser sent, are not numbered in their batch; what was sent with them tells them apart.
        case
            when {{ raw_column(columns, 'batch_event_index') }} is null
                then {{ records_json(json_part(json_column(columns, 'event_params'), '$'), processed_parameters) }}
        end as telling_properties
    from {{ events }}
    {% if target.type == 'bigquery' %}
        where {{ raw_file('_table_suffix') }} is not null
    {% endif %}

),

records_read as (

    select
        *,
        {% for name, place in told_once.items() %}
            {{ json_text_of_any(place[0], place[1]) }} as {{ name }},
        {% endfor %}
        {% for rule in key_rules %}
            {{ json_text('event_properties', rule.key_type) }} as parameter_key_{{ loop.index }},
            {{ json_text('visitor_properties', rule.key_type) }} as property_key_{{ loop.index }},
        {% endfor %}
        {% for name, field in campaign_fields.items() %}
            {{ json_text('collected_traffic_source_record', field) }} as collected_{{ name }},
            {{ json_text('event_properties', name) }} as parameter_{{ name }},
        {% endfor %}
        {% for name, names in names_told_twice.items() %}
            {{ json_text_of_any('event_properties', names) }} as parameter_{{ name }},
            {{ json_text_of_any('visitor_properties', names) }} as property_{{ name }},
        {% endfor %}
        {{ trimmed(json_text('device_record', ['web_info', 'browser'])) }} as web_browser,
        {{ trimmed(json_text('device_record', ['web_info', 'hostname'])) }} as web_hostname,
        {{ amount_or_null(json_text('ecommerce_record', 'purchase_revenue')) }} as purchase_revenue
    from source

),

renamed as (

    select
        source_file as raw_file,
        source_row_number as raw_row_number,
        event_properties,
        visitor_properties,
        {% for name in [
            'event_name', 'stream_id', 'event_bundle_sequence_id', 'batch_page_id', 'batch_ordering_id', 'batch_event_index'
        ] %}
            {{ raw_column(columns, name) }} as {{ name }},
        {% endfor %}
        {{ raw_column(columns, 'event_timestamp', dbt.type_bigint()) }} as event_microseconds,
        {{ raw_column(columns, 'event_server_timestamp_offset', dbt.type_bigint()) }} as offset_microseconds,
        {{ known_value(raw_column(columns, 'user_pseudo_id'), ignored) }} as anonymous_id,
        {{ known_value(raw_column(columns, 'user_id'), ignored) }} as user_id,
        ga_session_id as source_session_id,
        telling_properties,
        -- Unset and missing mean that nobody asked; an answer that cannot be read is none. A row of ignored_values takes no refusal away.
        coalesce(
            lower({{ campaign_value('analytics_storage') }}) in ('yes', 'unset'),
            true
        )
        and coalesce(lower(uses_transient_token) != 'yes', true) as has_consent,
        lower(device_category) as device_category,
        lower(device_os) as device_os,
        lower(coalesce(web_browser, own_browser)) as device_browser,
        lower(web_hostname) as hostname,
        coalesce(
            {{ known_value('vendor_id', ignored) }},
            case when coalesce(lower(is_limited_ad_tracking), 'no') = 'no' then {{ known_value('advertising_id', ignored) }} end
        ) as device_id,
        {% for rule in key_rules %}
            coalesce(
                {{ known_value('parameter_key_' ~ loop.index, ignored) }}, {{ known_value('property_key_' ~ loop.index, ignored) }}
            ) as custom_key_{{ loop.index }},
        {% endfor %}
        {% for name, holders in told_twice.items() %}
            coalesce(
                {{ known_value(holders[0] ~ '_' ~ name, ignored) }}, {{ known_value(holders[1] ~ '_' ~ name, ignored) }}
            ) as {{ name }},
        {% endfor %}
        lower({{ known_value('parameter_email_hash', ignored) }}) as parameter_email_hash,
        lower({{ known_value('property_email_hash', ignored) }}) as property_email_hash,
        page_location as page_url,
        coalesce(lower(ignore_referrer), 'false') = 'true' as is_referrer_ignored,
        page_referrer as sent_referrer,
        {{ known_value('parameter_srsltid', ignored) }} as srsltid,
        -- Before June 2023 there was no such record, and the campaign stood among the parameters.
        {% for name in campaign_fields %}
            {{ trimmed(
                'case when collected_traffic_source_record is null then parameter_' ~ name ~ ' else collected_' ~ name ~ ' end'
            ) }} as collected_{{ name }},
        {% endfor %}
        purchase_revenue,
        {{ money_columns(['parameter_value'], 'parameter_currency', ignored, prefix='event_') }}
    from records_read

),

referrer_told as (

    select
        *,
        -- A medium of the vendor's own is what it read from the referrer, or that there was none; its campaigns stand in brackets.
        coalesce(
            lower(collected_medium) in ('organic', 'referral', '(none)') and coalesce(collected_campaign, '(') like '(%', false
        ) as is_read_from_referrer,
        -- Apps and cut-down exports have no referrer; there the vendor's word for it is all there is.
        case
            when is_referrer_ignored then null
            when sent_referrer is not null then {{ referrer_url('sent_referrer') }}
            when
                lower(collected_medium) = 'referral' and coalesce(collected_campaign, '(') like '(%' and collected_source like '%_.__%'
                then 'https://' || lower(collected_source)
        end as referrer
    from renamed

),

url_parsed as (

    select
        {{ all_but(['email']) }},
        {{ normalized_email('email') }} as email,
        case when page_url like '%=%' then page_url end as query_string,
        {{ url_part('path', 'page_url') }} as page_path,
        -- The host is only wanted to tell whether the referrer is another.
        case
            when sent_referrer is not null
                then coalesce(
                    {{ url_part('host', 'lower(page_url)') }}, case when hostname like 'www.%' then substr(hostname, 5) else hostname end
                )
        end as page_host,
        {{ url_part('host', 'referrer') }} as referring_host,
        is_read_from_referrer
        and (referrer is not null or is_referrer_ignored or lower(collected_medium) = '(none)') as is_told_by_referrer
    from referrer_told

),

parameters_read as (

    select
        *,
        coalesce(gclid, dclid, {{ known_value(url_click_id('query_string'), ignored) }}, srsltid) as click_id,
        case
            when gclid is not null then 'gclid'
            when dclid is not null then 'dclid'
            else coalesce({{ url_click_id('query_string', is_name=true) }}, 'srsltid')
        end as click_id_type,
        {{ link_columns(ignored, collected_campaign) }},
        case
            when visitor_properties is null then event_properties
            when event_properties is null then '{"user_properties":' || visitor_properties || '}'
            else substr(event_properties, 1, length(event_properties) - 1) || ',"user_properties":' || visitor_properties || '}'
        end as properties,
        {{ surrogate_key([
            'stream_id', 'anonymous_id', 'source_session_id', 'event_name', 'event_microseconds', 'batch_page_id',
            'batch_ordering_id', 'batch_event_index',
            'case when batch_page_id is null then event_bundle_sequence_id end', 'telling_properties'
        ]) }} as event_id
    from url_parsed

),

visitors_told_apart as (

    select
        {{ all_but(['anonymous_id']) }},
        stream_id as app_id,
        -- Without consent there is no id: a page load is counted as a visitor of its own, who is never observed.
        coalesce(
            anonymous_id,
            case
                when not has_consent
                    then 'non-consent-' || case
                        when batch_page_id is null then event_id else {{ surrogate_key(['stream_id', 'batch_page_id']) }}
                    end
            end
        ) as anonymous_id
    from parameters_read

),

final as (

    select
        raw_file,
        raw_row_number,
        event_id,
        case event_name when 'page_view' then 'page' when 'screen_view' then 'screen' else 'track' end as event_type,
        {{ to_utc_timestamp('event_microseconds', 'microseconds') }} as occurred_at,
        -- An offset is the time from the event to its upload; what is older than three days is not taken in by the vendor.
        {{ to_utc_timestamp(
            'event_microseconds + case
                when offset_microseconds between 0 and 259200000000 and abs(event_microseconds) < 1000000000000000000 then offset_microseconds
                else 0
            end',
            'microseconds'
        ) }} as received_at,
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
        -- Money that goes back is no revenue.
        case
            when event_name in ('purchase', 'ecommerce_purchase') then coalesce(purchase_revenue, event_revenue_amount)
            when event_name != 'refund' then purchase_revenue
        end as revenue_amount,
        event_currency_code as currency_code,
        case
            when event_name in ('purchase', 'ecommerce_purchase') and purchase_revenue is null then event_unread_revenue
        end as source_rejection_reason,
        {{ tokenised_columns(
            'ga4', ignored, key_rules, email_hashes=['parameter_email_hash', 'property_email_hash', 'email', 'ehash'],
            click_id='click_id', click_id_type='click_id_type', except=['event_id'], not_sent=['schema_version', 'ip_token']
        ) }}
    from visitors_told_apart

)

select * from final
