{% set events = raw_reader(source('ga4', 'events'), 'ga4', 'events') %}
{% set columns = source_columns(events) %}
{% set key_rules = custom_key_rules('ga4') %}
{% set ignored = ignored_values() %}
{% set raw_names = raw_columns('ga4') %}
{% set sensitive_properties = key_rules | selectattr('is_sensitive') | map(attribute='key_type') | list %}
{% set custom_key_columns = [] %}
{% for rule in key_rules %}
    {% do custom_key_columns.append('custom_key_' ~ loop.index) %}
{% endfor %}
{% set email_hash_names = ['email_sha256', 'sha256_email_address', 'hashed_email', 'email_hash'] %}
{% set campaign_fields = {
    'source': 'manual_source', 'medium': 'manual_medium', 'campaign': 'manual_campaign_name', 'content': 'manual_content',
    'term': 'manual_term'
} %}
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
            {{ json_record(columns, name) }} as {{ name }}_record,
        {% endfor %}
        {{ key_value_records(json_record(columns, 'event_params')) }} as event_records,
        {{ key_value_records(json_record(columns, 'user_properties')) }} as visitor_records
    from {{ events }}
    {% if target.type == 'bigquery' %}
        where {{ raw_file('_table_suffix') }} is not null
    {% endif %}

),

records_read as (

    select
        *,
        {{ trimmed(json_text('privacy_info_record', 'analytics_storage')) }} as analytics_storage,
        {{ trimmed(json_text('privacy_info_record', 'uses_transient_token')) }} as uses_transient_token,
        {{ trimmed(json_text('device_record', 'category')) }} as device_category,
        {{ trimmed(json_text('device_record', 'operating_system')) }} as device_os,
        {{ trimmed(json_text('device_record', 'browser')) }} as own_browser,
        {{ trimmed(json_text('device_record', ['web_info', 'browser'])) }} as web_browser,
        {{ trimmed(json_text('device_record', ['web_info', 'hostname'])) }} as web_hostname,
        {{ trimmed(json_text('device_record', 'vendor_id')) }} as vendor_id,
        {{ trimmed(json_text('device_record', 'advertising_id')) }} as advertising_id,
        {{ trimmed(json_text('device_record', 'is_limited_ad_tracking')) }} as is_limited_ad_tracking,
        {{ trimmed(json_text('collected_traffic_source_record', 'gclid')) }} as collected_gclid,
        {{ trimmed(json_text('collected_traffic_source_record', 'dclid')) }} as collected_dclid,
        {% for name, field in campaign_fields.items() %}
            {{ json_text('collected_traffic_source_record', field) }} as collected_{{ name }},
        {% endfor %}
        {{ trimmed(json_text('ecommerce_record', 'transaction_id')) }} as ecommerce_transaction_id,
        {{ amount_or_null(json_text('ecommerce_record', 'purchase_revenue')) }} as purchase_revenue
    from source

),

looked_up as (

    select
        *,
        {% for rule in key_rules %}
            {{ record_value('event_records', [rule.key_type]) }} as parameter_key_{{ loop.index }},
            {{ record_value('visitor_records', [rule.key_type]) }} as property_key_{{ loop.index }},
        {% endfor %}
        {{ record_value('event_records', ['page_location']) }} as page_location,
        {{ record_value('event_records', ['page_referrer']) }} as page_referrer,
        {{ record_value('event_records', ['ignore_referrer']) }} as ignore_referrer,
        {{ record_value('event_records', ['ga_session_id']) }} as ga_session_id,
        {{ record_value('event_records', raw_names.order_id) }} as parameter_transaction_id,
        {{ record_value('event_records', raw_names.revenue) }} as parameter_value,
        {{ record_value('event_records', raw_names.currency) }} as parameter_currency,
        {{ record_value('event_records', ['gclid']) }} as parameter_gclid,
        {{ record_value('event_records', ['dclid']) }} as parameter_dclid,
        {{ record_value('event_records', ['srsltid']) }} as parameter_srsltid,
        {% for name in campaign_fields %}
            {{ record_value('event_records', [name]) }} as parameter_{{ name }},
        {% endfor %}
        {{ record_value('event_records', raw_names.account_id) }} as parameter_account_id,
        {{ record_value('visitor_records', raw_names.account_id) }} as property_account_id,
        {{ record_value('event_records', raw_names.email) }} as parameter_email,
        {{ record_value('visitor_records', raw_names.email) }} as property_email,
        {{ record_value('event_records', email_hash_names) }} as parameter_email_hash,
        {{ record_value('visitor_records', email_hash_names) }} as property_email_hash,
        {{ record_value('event_records', raw_names.phone) }} as parameter_phone,
        {{ record_value('visitor_records', raw_names.phone) }} as property_phone,
        {{ records_json('event_records') }} as event_properties,
        {{ records_json('visitor_records') }} as visitor_properties,
        -- Older events, and those that no browser sent, are not numbered in their batch; what was sent with them tells them apart.
        case
            when {{ raw_column(columns, 'batch_event_index') }} is null
                then {{ records_json('event_records', processed_parameters) }}
        end as telling_properties
    from records_read

),

renamed as (

    select
        source_file as raw_file,
        source_row_number as raw_row_number,
        event_properties,
        visitor_properties,
        {{ raw_column(columns, 'event_name') }} as event_name,
        {{ raw_column(columns, 'event_timestamp', dbt.type_bigint()) }} as event_microseconds,
        {{ raw_column(columns, 'event_server_timestamp_offset', dbt.type_bigint()) }} as offset_microseconds,
        {{ known_value(raw_column(columns, 'user_pseudo_id'), ignored) }} as anonymous_id,
        {{ known_value(raw_column(columns, 'user_id'), ignored) }} as user_id,
        {{ raw_column(columns, 'stream_id') }} as stream_id,
        {{ raw_column(columns, 'event_bundle_sequence_id') }} as event_bundle_sequence_id,
        {{ raw_column(columns, 'batch_page_id') }} as batch_page_id,
        {{ raw_column(columns, 'batch_ordering_id') }} as batch_ordering_id,
        {{ raw_column(columns, 'batch_event_index') }} as batch_event_index,
        ga_session_id,
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
        coalesce(
            {{ known_value('parameter_account_id', ignored) }},
            {{ known_value('property_account_id', ignored) }}
        ) as account_id,
        lower(coalesce(
            {{ known_value('parameter_email', ignored) }}, {{ known_value('property_email', ignored) }}
        )) as email_address,
        lower({{ known_value('parameter_email_hash', ignored) }}) as parameter_email_hash,
        lower({{ known_value('property_email_hash', ignored) }}) as property_email_hash,
        coalesce({{ known_value('parameter_phone', ignored) }}, {{ known_value('property_phone', ignored) }}) as phone,
        {{ trimmed('page_location') }} as page_url,
        coalesce(lower(ignore_referrer), 'false') = 'true' as is_referrer_ignored,
        {{ trimmed('page_referrer') }} as sent_referrer,
        coalesce({{ known_value('collected_gclid', ignored) }}, {{ known_value('parameter_gclid', ignored) }}) as sent_gclid,
        coalesce({{ known_value('collected_dclid', ignored) }}, {{ known_value('parameter_dclid', ignored) }}) as sent_dclid,
        {{ known_value('parameter_srsltid', ignored) }} as sent_srsltid,
        -- Before June 2023 there was no such record, and the campaign stood among the parameters.
        {% for name in campaign_fields %}
            {{ trimmed(
                'case when collected_traffic_source_record is null then parameter_' ~ name ~ ' else collected_' ~ name ~ ' end'
            ) }} as collected_{{ name }},
        {% endfor %}
        coalesce(
            {{ known_value('ecommerce_transaction_id', ignored) }},
            {{ known_value('parameter_transaction_id', ignored) }}
        ) as order_id,
        purchase_revenue,
        {{ amount_or_null('parameter_value') }} as event_value,
        {{ unread_amount(['parameter_value'], ignored) }} as unread_value,
        {{ sent_currency('parameter_currency', ignored) }} as currency_code
    from looked_up

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
        *,
        {{ normalized_email('email_address') }} as email,
        {{ url_query('page_url') }} as query_string,
        {{ url_path('page_url') }} as page_path,
        -- The host is only wanted to tell whether the referrer is another.
        case
            when sent_referrer is not null
                then coalesce(
                    {{ url_host('lower(page_url)') }}, case when hostname like 'www.%' then substr(hostname, 5) else hostname end
                )
        end as page_host,
        {{ url_host('referrer') }} as referring_host,
        is_read_from_referrer
        and (referrer is not null or is_referrer_ignored or lower(collected_medium) = '(none)') as is_told_by_referrer
    from referrer_told

),

parameters_read as (

    select
        *,
        lower({{ known_value(url_parameter('query_string', ['ehash']), ignored) }}) as ehash,
        coalesce(sent_gclid, sent_dclid, {{ known_value(url_click_id('query_string'), ignored) }}, sent_srsltid) as click_id,
        case
            when sent_gclid is not null then 'gclid'
            when sent_dclid is not null then 'dclid'
            else coalesce({{ url_click_id_type('query_string') }}, 'srsltid')
        end as sent_click_id_type,
        {% for name in campaign_fields %}
            {{ utm_value('utm_' ~ name, 'query_string', ['case when not is_told_by_referrer then collected_' ~ name ~ ' end']) }}
                as utm_{{ name }},
        {% endfor %}
        case
            when visitor_properties is null then event_properties
            when event_properties is null then '{"user_properties":' || visitor_properties || '}'
            else substr(event_properties, 1, length(event_properties) - 1) || ',"user_properties":' || visitor_properties || '}'
        end as properties,
        {{ surrogate_key([
            'stream_id', 'anonymous_id', 'ga_session_id', 'event_name', 'event_microseconds', 'batch_page_id',
            'batch_ordering_id', 'batch_event_index',
            'case when batch_page_id is null then event_bundle_sequence_id end', 'telling_properties'
        ]) }} as event_id
    from url_parsed

),

final as (

    select
        raw_file,
        raw_row_number,
        event_id,
        'ga4' as source_name,
        {{ space_of('ga4', 'stream_id') }} as space_id,
        {{ without_addresses('stream_id') }} as app_id,
        case event_name when 'page_view' then 'page' when 'screen_view' then 'screen' else 'track' end as event_type,
        {{ without_addresses('event_name') }} as event_name,
        cast(null as {{ dbt.type_string() }}) as schema_version,
        {{ timestamp_from_epoch('event_microseconds', 'microseconds') }} as occurred_at,
        -- An offset is the time from the event to its upload; what is older than three days is not taken in by the vendor.
        {{ timestamp_from_epoch(
            'event_microseconds + case
                when offset_microseconds between 0 and 259200000000 and abs(event_microseconds) < 1000000000000000000 then offset_microseconds
                else 0
            end',
            'microseconds'
        ) }} as received_at,
        -- Without consent there is no id: a page load is counted as a visitor of its own, who is never observed.
        coalesce(
            {{ hashed_if_address('anonymous_id') }},
            case
                when not has_consent
                    then 'non-consent-' || case
                        when batch_page_id is null then event_id else {{ surrogate_key(['stream_id', 'batch_page_id']) }}
                    end
            end
        ) as anonymous_id,
        {{ hashed_if_address('device_id') }} as device_id,
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
        {{ hashed_if_address('user_id') }} as user_id,
        coalesce(
            {{ sent_email_hash('parameter_email_hash', ignored) }},
            {{ sent_email_hash('property_email_hash', ignored) }},
            {{ sha256_hex('email') }},
            {{ sent_email_hash('ehash', ignored) }}
        ) as email_hash,
        {{ sha256_hex(email_domain('email')) }} as email_domain_hash,
        {{ phone_hash('phone') }} as phone_hash,
        {{ hashed_if_address('account_id') }} as account_id,
        cast(null as {{ dbt.type_string() }}) as ip_token,
        {{ hashed_if_address('click_id') }} as click_id,
        {{ click_id_type('click_id', 'sent_click_id_type') }} as click_id_type,
        {{ hashed_if_address('ga_session_id') }} as source_session_id,
        {{ custom_keys(custom_key_columns, key_rules) }} as custom_keys,
        has_consent and lower(left(coalesce(anonymous_id, ''), 12)) != 'non-consent-' as has_consent,
        {{ without_addresses('lower(utm_source)') }} as utm_source,
        {{ without_addresses('lower(utm_medium)') }} as utm_medium,
        {{ without_addresses('utm_campaign') }} as utm_campaign,
        {{ without_addresses('utm_content') }} as utm_content,
        {{ without_addresses('utm_term') }} as utm_term,
        {{ external_referrer('referring_host', 'page_host') }} as referrer_host,
        {{ without_addresses('page_path') }} as page_path,
        {{ hashed_if_address('order_id') }} as order_id,
        -- Money that goes back is no revenue.
        case
            when event_name in ('purchase', 'ecommerce_purchase') then coalesce(purchase_revenue, event_value)
            when event_name != 'refund' then purchase_revenue
        end as revenue_amount,
        currency_code,
        {{ without_personal_data('properties', sensitive_properties) }} as properties,
        case
            when event_name in ('purchase', 'ecommerce_purchase') and purchase_revenue is null then unread_value
        end as source_rejection_reason
    from parameters_read

)

select * from final
