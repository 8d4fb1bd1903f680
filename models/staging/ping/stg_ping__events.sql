{% set pings = raw_reader(source('ping', 'pings'), 'ping', 'pings') %}
{% set columns = source_columns(pings) %}
{% set key_rules = custom_key_rules('ping') %}
{% set ignored = ignored_values() %}
{% set sensitive_properties = key_rules | selectattr('is_sensitive') | map(attribute='key_type') | list %}
{% set custom_key_columns = [] %}
{% for rule in key_rules %}
    {% do custom_key_columns.append('custom_key_' ~ loop.index) %}
{% endfor %}
{# A second click id of the same event; a key like the first one, but no touch. #}
{% set stored_click_rule = {'key_type': 'click_id', 'is_sensitive': false} %}

with source as (

    select
        *,
        {{ raw_file() }} as source_file,
        {{ raw_row_number(pings) }} as source_row_number
    from {{ pings }}
    {% if target.type == 'bigquery' %}
        -- Rows still in the streaming buffer have no partition. A table may also demand a filter on its partitions.
        where {{ raw_file() }} is not null
    {% endif %}

),

renamed as (

    select
        source_file as raw_file,
        source_row_number as raw_row_number,
        {{ raw_column(columns, 'ping_id') }} as ping_id,
        {{ raw_column(columns, 'app_id') }} as app_id,
        {{ to_utc_timestamp('pinged_at' if 'pinged_at' in columns else 'null') }} as pinged_at,
        {{ to_utc_timestamp('sent_at' if 'sent_at' in columns else 'null') }} as sent_at,
        {{ to_utc_timestamp('received_at' if 'received_at' in columns else 'null') }} as received_at,
        {{ known_value(raw_column(columns, 'anonymous_id'), ignored) }} as anonymous_id,
        {{ known_value(raw_column(columns, 'device_id'), ignored) }} as device_id,
        {{ known_value(raw_column(columns, 'user_id'), ignored) }} as user_id,
        lower({{ known_value(raw_column(columns, 'email_hash'), ignored) }}) as sent_email_hash,
        {{ known_value(raw_column(columns, 'click_id'), ignored) }} as sent_click_id,
        {{ json_column(columns, 'click_ids') }} as click_ids,
        lower({{ known_value(raw_column(columns, 'ip_address'), ignored) }}) as ip_address,
        {{ raw_column(columns, 'user_agent') }} as user_agent,
        {{ known_value(raw_column(columns, 'session_id'), ignored) }} as source_session_id,
        {{ raw_column(columns, 'page_url') }} as page_url,
        {{ referrer_url(raw_column(columns, 'referrer')) }} as referrer,
        -- Missing means allowed; an answer that cannot be read does not.
        coalesce(
            {{ raw_column(columns, 'has_consent', dbt.type_boolean()) }},
            {{ raw_column(columns, 'has_consent') }} is null
        ) as has_consent,
        {{ json_column(columns, 'properties') }} as properties
    from source

),

url_parsed as (

    select
        *,
        {{ url_query('page_url') }} as query_string,
        {{ url_path('page_url') }} as page_path,
        case when referrer is not null then {{ url_host('lower(page_url)') }} end as page_host,
        {{ url_host('referrer') }} as referring_host,
        -- What the browser keeps, as an object or as it stood in an address.
        case when {{ is_json('click_ids') }} then click_ids end as click_ids_object,
        case
            when {{ is_json('click_ids') }} then null
            when click_ids like '%?%' then click_ids
            else '?' || click_ids
        end as click_ids_query,
        case when {{ is_json('properties') }} then properties end as valid_properties
    from renamed

),

parameters_read as (

    select
        *,
        {% for rule in key_rules %}
            {{ known_value(json_text('valid_properties', rule.key_type), ignored) }}
                as custom_key_{{ loop.index }},
        {% endfor %}
        lower({{ known_value(url_parameter('query_string', ['ehash']), ignored) }}) as ehash,
        {{ known_value(url_click_id('query_string'), ignored) }} as url_click_id,
        {{ url_click_id_type('query_string') }} as url_click_id_type,
        {% for parameter in click_id_names() %}
            {{ known_value(json_text('click_ids_object', parameter), ignored) }}
                as stored_{{ parameter | lower }},
        {% endfor %}
        {{ known_value(url_click_id('click_ids_query'), ignored) }} as stored_query_click_id,
        {{ utm_value('utm_source', 'query_string') }} as utm_source,
        {{ utm_value('utm_medium', 'query_string') }} as utm_medium,
        {{ utm_value('utm_campaign', 'query_string') }} as utm_campaign,
        {{ utm_value('utm_content', 'query_string') }} as utm_content,
        {{ utm_value('utm_term', 'query_string') }} as utm_term
    from url_parsed

),

clicks_told_apart as (

    select
        *,
        -- The first that is kept and not the click of this very page.
        coalesce(
            nullif(sent_click_id, coalesce(url_click_id, '')),
            {% for parameter in click_id_names() %}
                nullif(stored_{{ parameter | lower }}, coalesce(url_click_id, '')),
            {% endfor %}
            nullif(stored_query_click_id, coalesce(url_click_id, ''))
        ) as stored_click_id
    from parameters_read

),

final as (

    select
        raw_file,
        raw_row_number,
        {{ hashed_if_address('ping_id') }} as event_id,
        'ping' as source_name,
        {{ space_of('ping', 'app_id') }} as space_id,
        {{ without_addresses('app_id') }} as app_id,
        'page' as event_type,
        'ping' as event_name,
        cast(null as {{ dbt.type_string() }}) as schema_version,
        {{ corrected_time('pinged_at', 'sent_at', 'received_at') }} as occurred_at,
        coalesce(received_at, pinged_at) as received_at,
        {{ hashed_if_address('anonymous_id') }} as anonymous_id,
        {{ hashed_if_address('device_id') }} as device_id,
        {{ user_agent_platform('user_agent') }} as platform,
        {{ user_agent_os('user_agent') }} as os,
        {{ user_agent_browser('user_agent') }} as browser,
        {{ user_agent_is_in_app('user_agent') }} as is_in_app_browser,
        {{ hashed_if_address('user_id') }} as user_id,
        coalesce({{ sent_email_hash('sent_email_hash', ignored) }}, {{ sent_email_hash('ehash', ignored) }}) as email_hash,
        cast(null as {{ dbt.type_string() }}) as email_domain_hash,
        cast(null as {{ dbt.type_string() }}) as phone_hash,
        cast(null as {{ dbt.type_string() }}) as account_id,
        {{ token('ip_address') }} as ip_token,
        -- Only the click of this page is a touch; one that is kept would make every later visit a paid one.
        {{ hashed_if_address('url_click_id') }} as click_id,
        {{ click_id_type('url_click_id', 'url_click_id_type') }} as click_id_type,
        {{ hashed_if_address('source_session_id') }} as source_session_id,
        {{ custom_keys(custom_key_columns + ['stored_click_id'], key_rules + [stored_click_rule]) }} as custom_keys,
        has_consent and lower(left(coalesce(anonymous_id, ''), 12)) != 'non-consent-' as has_consent,
        {{ without_addresses('utm_source') }} as utm_source,
        {{ without_addresses('utm_medium') }} as utm_medium,
        {{ without_addresses('utm_campaign') }} as utm_campaign,
        {{ without_addresses('utm_content') }} as utm_content,
        {{ without_addresses('utm_term') }} as utm_term,
        {{ external_referrer('referring_host', 'page_host') }} as referrer_host,
        {{ without_addresses('page_path') }} as page_path,
        cast(null as {{ dbt.type_string() }}) as order_id,
        {{ amount_or_null('null') }} as revenue_amount,
        cast(null as {{ dbt.type_string() }}) as currency_code,
        {{ without_personal_data('properties', sensitive_properties) }} as properties,
        case when {{ is_bot('user_agent') }} then 'bot' end as source_rejection_reason
    from clicks_told_apart

)

select * from final
