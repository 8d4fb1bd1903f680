{% set is_relation = var('generic_events_relation') %}
{% set events = generic_events() %}
{% set columns = source_columns(events) %}
{% set key_rules = custom_key_rules('generic') %}
{% set ignored = ignored_values() %}
{% set campaign_parameters = ['utm_source', 'utm_medium', 'utm_campaign', 'utm_content', 'utm_term'] %}
{% set sensitive_properties = key_rules | selectattr('is_sensitive') | map(attribute='key_type') | list %}
{% set custom_key_columns = [] %}
{% for rule in key_rules %}
    {% do custom_key_columns.append('custom_key_' ~ loop.index) %}
{% endfor %}

with source as (

    select
        *,
        {{ raw_file(var('generic_arrives_by'), true) if is_relation else raw_file() }} as arrival_file,
        {{ raw_row_number(events) if not is_relation else 'cast(null as ' ~ dbt.type_bigint() ~ ')' }} as arrival_row_number
    from {{ events }}
    {% if target.type == 'bigquery' %}
        -- Rows still in the streaming buffer have no partition. A table may also demand a filter on its partitions.
        where {{ raw_file(var('generic_arrives_by'), true) if is_relation else raw_file() }} is not null
    {% endif %}

),

renamed as (

    select
        arrival_file as raw_file,
        arrival_row_number as raw_row_number,
        {{ id_text(raw_column(columns, 'event_id')) }} as event_id,
        {{ raw_column(columns, 'space_id') }} as space_id,
        {{ raw_column(columns, 'app_id') }} as app_id,
        lower({{ raw_column(columns, 'event_type') }}) as event_type,
        {{ raw_column(columns, 'event_name') }} as event_name,
        {{ raw_column(columns, 'schema_version') }} as schema_version,
        {{ to_utc_timestamp('occurred_at') }} as client_occurred_at,
        {{ to_utc_timestamp('received_at' if 'received_at' in columns else 'null') }} as received_at,
        {{ to_utc_timestamp('sent_at' if 'sent_at' in columns else 'null') }} as sent_at,
        {{ known_value(raw_column(columns, 'anonymous_id'), ignored) }} as anonymous_id,
        {{ known_value(raw_column(columns, 'device_id'), ignored) }} as device_id,
        {{ raw_column(columns, 'user_agent') }} as user_agent,
        coalesce(lower({{ raw_column(columns, 'platform') }}) = 'server', false) as is_from_server,
        {{ known_value(raw_column(columns, 'user_id'), ignored) }} as user_id,
        lower({{ known_value(raw_column(columns, 'email'), ignored) }}) as email_address,
        lower({{ known_value(raw_column(columns, 'email_hash'), ignored) }}) as sent_email_hash,
        {{ id_text(raw_column(columns, 'phone')) }} as phone,
        {{ known_value(raw_column(columns, 'account_id'), ignored) }} as account_id,
        lower({{ known_value(raw_column(columns, 'ip_address'), ignored) }}) as ip_address,
        {{ known_value(raw_column(columns, 'click_id'), ignored) }} as click_id,
        lower({{ raw_column(columns, 'click_id_type') }}) as sent_click_id_type,
        {{ known_value(raw_column(columns, 'session_id'), ignored) }} as source_session_id,
        -- Missing means allowed; an answer that cannot be read does not.
        coalesce(
            {{ raw_column(columns, 'has_consent', dbt.type_boolean()) }},
            {{ raw_column(columns, 'has_consent') }} is null
        ) as has_consent,
        {{ raw_column(columns, 'page_url') }} as page_url,
        {{ referrer_url(raw_column(columns, 'page_url')) }} as page_address,
        {{ referrer_url(raw_column(columns, 'referrer')) }} as referrer,
        {{ known_value(raw_column(columns, 'order_id'), ignored) }} as order_id,
        {{ amount_or_null('revenue' if 'revenue' in columns else 'null') }} as revenue_amount,
        {{ unread_amount(['revenue'] | select('in', columns) | list, ignored) }} as unread_revenue,
        {{ sent_currency(raw_column(columns, 'currency'), ignored) }} as currency_code,
        {% for name in campaign_parameters %}
            {{ raw_column(columns, name) }} as sent_{{ name }},
        {% endfor %}
        {% for rule in key_rules if rule.key_type in columns %}
            {{ known_value(raw_column(columns, rule.key_type), ignored) }} as sent_key_{{ key_rules.index(rule) + 1 }},
        {% endfor %}
        {{ json_column(columns, 'properties') }} as properties
    from source

),

url_parsed as (

    select
        *,
        {{ normalized_email('email_address') }} as email,
        {{ url_query('page_url') }} as query_string,
        {{ url_path('page_url') }} as page_path,
        {{ url_authority('page_address') }} as page_authority,
        {{ url_authority('referrer') }} as referring_authority,
        case when {{ is_json('properties') }} then properties end as valid_properties
    from renamed

),

parameters_read as (

    select
        *,
        {% for rule in key_rules %}
            coalesce(
                {{ 'sent_key_' ~ loop.index if rule.key_type in columns else 'null' }},
                {{ known_value(json_text('valid_properties', rule.key_type), ignored) }}
            ) as custom_key_{{ loop.index }},
        {% endfor %}
        -- The host is only wanted to tell whether the referrer is another.
        case when referrer is not null then {{ url_host('page_address', 'page_authority') }} end as page_host,
        {{ url_host('referrer', 'referring_authority') }} as referring_host,
        lower({{ known_value(url_parameter('query_string', ['ehash']), ignored) }}) as ehash,
        {{ known_value(url_click_id('query_string'), ignored) }} as url_click_id,
        {{ url_click_id_type('query_string') }} as url_click_id_type,
        {{ utm_value('utm_source', 'query_string', ['sent_utm_source']) }} as utm_source,
        {{ utm_value('utm_medium', 'query_string', ['sent_utm_medium']) }} as utm_medium,
        {{ utm_value('utm_campaign', 'query_string', ['sent_utm_campaign']) }} as utm_campaign,
        {{ utm_value('utm_content', 'query_string', ['sent_utm_content']) }} as utm_content,
        {{ utm_value('utm_term', 'query_string', ['sent_utm_term']) }} as utm_term
    from url_parsed

),

final as (

    select
        raw_file,
        raw_row_number,
        {{ hashed_if_address('event_id') }} as event_id,
        'generic' as source_name,
        coalesce({{ hashed_if_address('space_id') }}, {{ space_of('generic') }}) as space_id,
        {{ without_addresses('app_id') }} as app_id,
        coalesce(event_type, 'track') as event_type,
        {{ without_addresses('event_name') }} as event_name,
        schema_version,
        {{ corrected_time('client_occurred_at', 'sent_at', 'received_at') }} as occurred_at,
        coalesce(received_at, client_occurred_at) as received_at,
        {{ hashed_if_address('anonymous_id') }} as anonymous_id,
        {{ hashed_if_address('device_id') }} as device_id,
        case when is_from_server then 'server' else {{ user_agent_platform('user_agent') }} end as platform,
        {{ user_agent_os('user_agent') }} as os,
        {{ user_agent_browser('user_agent') }} as browser,
        {{ user_agent_is_in_app('user_agent') }} as is_in_app_browser,
        {{ hashed_if_address('user_id') }} as user_id,
        coalesce(
            {{ sent_email_hash('sent_email_hash', ignored) }},
            {{ sha256_hex('email') }},
            {{ sent_email_hash('ehash', ignored) }}
        ) as email_hash,
        {{ sha256_hex(email_domain('email')) }} as email_domain_hash,
        {{ phone_hash('phone') }} as phone_hash,
        {{ hashed_if_address('account_id') }} as account_id,
        {{ token('ip_address') }} as ip_token,
        {{ hashed_if_address('coalesce(click_id, url_click_id)') }} as click_id,
        {{ click_id_type(
            'coalesce(click_id, url_click_id)',
            'coalesce(sent_click_id_type, case when coalesce(click_id, url_click_id) = url_click_id then url_click_id_type end)'
        ) }} as click_id_type,
        {{ hashed_if_address('source_session_id') }} as source_session_id,
        {{ custom_keys(custom_key_columns, key_rules) }} as custom_keys,
        has_consent and lower(left(coalesce(anonymous_id, ''), 12)) != 'non-consent-' as has_consent,
        {{ without_addresses('utm_source') }} as utm_source,
        {{ without_addresses('utm_medium') }} as utm_medium,
        {{ without_addresses('utm_campaign') }} as utm_campaign,
        {{ without_addresses('utm_content') }} as utm_content,
        {{ without_addresses('utm_term') }} as utm_term,
        {{ external_referrer('referring_host', 'page_host') }} as referrer_host,
        {{ without_addresses('page_path') }} as page_path,
        {{ hashed_if_address('order_id') }} as order_id,
        revenue_amount,
        currency_code,
        {{ without_personal_data('properties', sensitive_properties) }} as properties,
        unread_revenue as source_rejection_reason
    from parameters_read

)

select * from final
