{% set events = raw_reader(source('ga4', 'events'), 'ga4', 'events') %}
{% set columns = source_columns(events) %}
{% set ignored = ignored_values() %}
{% set raw_names = raw_columns('ga4') %}
{% set hash_names = ['email_sha256', 'sha256_email_address', 'hashed_email', 'email_hash'] %}
{% set texts = {
    'page_url': ('event_properties', ['page_location']), 'sent_referrer': ('event_properties', ['page_referrer']),
    'source_session_id': ('event_properties', ['ga_session_id']),
    'sent_value': ('event_properties', raw_names.revenue), 'sent_currency': ('event_properties', raw_names.currency)
} %}
{% set words = {
    'analytics_storage': ('privacy_info', ['analytics_storage']), 'uses_transient_token': ('privacy_info', ['uses_transient_token']),
    'device_category': ('device', ['category']), 'device_os': ('device', ['operating_system']),
    'device_browser': ('device', [['web_info', 'browser'], 'browser']),
    'hostname': ('device', [['web_info', 'hostname']]), 'is_limited_ad_tracking': ('device', ['is_limited_ad_tracking']),
    'ignore_referrer': ('event_properties', ['ignore_referrer'])
} %}
{# Some ids stand in two places; the first where it is known counts. #}
{% set ids = {
    'vendor_id': {'device': ['vendor_id']}, 'advertising_id': {'device': ['advertising_id']},
    'gclid': {'collected_traffic_source': ['gclid'], 'event_properties': ['gclid']},
    'dclid': {'collected_traffic_source': ['dclid'], 'event_properties': ['dclid']},
    'srsltid': {'event_properties': ['srsltid']},
    'order_id': {'ecommerce': ['transaction_id'], 'event_properties': raw_names.order_id},
    'account_id': {'event_properties': raw_names.account_id, 'visitor_properties': raw_names.account_id},
    'sent_email': {'event_properties': raw_names.email, 'visitor_properties': raw_names.email},
    'phone': {'event_properties': raw_names.phone, 'visitor_properties': raw_names.phone},
    'event_email_hash': {'event_properties': hash_names}, 'visitor_email_hash': {'visitor_properties': hash_names}
} %}
{# What the vendor itself says the session came by. #}
{% set last_click = 'session_traffic_source_last_click' %}
{% set reported = {
    'reported_channel': [['cross_channel_campaign', 'default_channel_group']],
    'reported_source': [['cross_channel_campaign', 'source'], ['manual_campaign', 'source']],
    'reported_medium': [['cross_channel_campaign', 'medium'], ['manual_campaign', 'medium']]
} %}
{% set reported_object = json_object(dict(zip(reported, reported)), is_sparse=true) %}
{% for rule in custom_key_rules('ga4') %}
    {% do ids.update({'custom_key_' ~ loop.index: {'event_properties': [rule.key_type], 'visitor_properties': [rule.key_type]}}) %}
{% endfor %}
{# What the vendor adds or changes while it processes a day, and so is not the same in the table of the running day. #}
{% set processed_parameters = [
    'all_data', 'batch_ordering_id', 'batch_page_id', 'campaign', 'campaign_id', 'clean_event', 'content', 'dclid',
    'engaged_session_event', 'entrances', 'ga_session_number', 'gclid', 'gclsrc', 'medium', 'session_engaged', 'source',
    'srsltid', 'term'
] %}
{% set items = json_part(json_column(columns, 'items'), '$') %}

with records as (

    select
        {{ raw_file('_table_suffix') }} as raw_file,
        {{ raw_row_number(events) }} as raw_row_number,
        {% for name in [
            'event_name', 'stream_id', 'event_bundle_sequence_id', 'batch_page_id', 'batch_ordering_id', 'batch_event_index'
        ] %}
            {{ raw_column(columns, name) }} as {{ name }},
        {% endfor %}
        {{ raw_column(columns, 'event_timestamp', dbt.type_bigint()) }} as event_microseconds,
        {{ raw_column(columns, 'event_server_timestamp_offset', dbt.type_bigint()) }} as offset_microseconds,
        -- A server may copy it from the cookie, which begins with a version.
        {{ known_value(regexp_replaced(raw_column(columns, 'user_pseudo_id'), '^GA1[.][0-9]+[.]'), ignored, is_trimmed=true) }} as sent_anonymous_id,
        {{ known_value(raw_column(columns, 'user_id'), ignored, is_trimmed=true) }} as user_id,
        -- Any field of a record may be missing, in any file, so records are read as JSON.
        {% for name in ['privacy_info', 'device', 'collected_traffic_source', last_click, 'ecommerce'] %}
            {{ json_part(json_column(columns, name), '$') }} as {{ name }},
        {% endfor %}
        {{ records_json(json_part(json_column(columns, 'event_params'), '$')) }} as event_properties,  -- noqa: PRS
        {{ records_json(json_part(json_column(columns, 'user_properties'), '$')) }} as visitor_properties,  -- noqa: PRS
        -- Older events, and those that no browser sent, are not numbered in their batch; what was sent with them tells them apart.
        case
            when {{ raw_column(columns, 'batch_event_index') }} is null
                then concat(
                    coalesce({{ records_json(json_part(json_column(columns, 'event_params'), '$'), processed_parameters) }}, ''),  -- noqa: PRS
                    coalesce({{ json_texts(items, 'item_id') }}, ''),
                    coalesce({{ json_texts(items, 'item_name') }}, '')
                )
        end as telling_properties
    from {{ events }}
    where {{ raw_file('_table_suffix') }} is not null

),

with_reports as (

    select
        {% for name, places in reported.items() %}
            {{ json_text_of_any(last_click, places) }} as {{ name }},
        {% endfor %}
        *
    from records

),

final as (

    select
        {{ all_but(reported | list) }},
        {% for name, place in texts.items() %}
            {{ json_text_of_any(place[0], place[1]) }} as {{ name }},
        {% endfor %}
        {% for name, place in words.items() %}
            lower({{ json_text_of_any(place[0], place[1]) }}) as {{ name }},
        {% endfor %}
        {% for name, places in ids.items() %}
            coalesce(
                {% for record, names in places.items() %}
                    {{ known_value(json_text_of_any(record, names), ignored) }},
                {% endfor %}
                cast(null as {{ dbt.type_string() }})
            ) as {{ name }},
        {% endfor %}
        -- Before June 2023 there was no such record, and the campaign stood among the parameters.
        {% for name in ['source', 'medium', 'campaign', 'content', 'term'] %}
            case
                when collected_traffic_source is null then {{ json_text_of_any('event_properties', [name]) }}
                else {{ json_text_of_any('collected_traffic_source', ['manual_' ~ name ~ ('_name' if name == 'campaign' else '')]) }}
            end as collected_{{ name }},
        {% endfor %}
        {{ amount_or_null(json_text('ecommerce', 'purchase_revenue')) }} as purchase_revenue,
        {{ amount_or_null(json_text('ecommerce', 'refund_value')) }} as refund_value,
        -- An offset is the time from the event to its upload; what is older than three days is not taken in by the vendor.
        case
            when offset_microseconds between 0 and 259200000000 and abs(event_microseconds) < 1000000000000000000
                then event_microseconds + offset_microseconds
            else event_microseconds
        end as received_microseconds,
        nullif('{' || array_to_string([
            substr(event_properties, 2, length(event_properties) - 2),
            substr({{ reported_object }}, 2, length({{ reported_object }}) - 2),
            '"user_properties":' || visitor_properties
        ], ',') || '}', '{}') as properties
    from with_reports

)

select * from final
