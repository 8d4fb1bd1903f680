{% set columns = source_columns(source('kissmetrics', 'events')) %}
{% set key_rules = custom_key_rules('kissmetrics') %}
{% set ignored = ignored_values() %}
{% set raw_names = raw_columns('kissmetrics') %}
{% set sensitive_properties = key_rules | selectattr('is_sensitive') | map(attribute='key_type') | list %}
{% set key_columns = [] %}
{% for rule in key_rules %}
    {% do key_columns.append('custom_key_' ~ loop.index) %}
{% endfor %}
{# What the library makes up for a visitor without a name: a digest in base64, or a UUID on phones. #}
{% set generated_identity = '^(?:[a-z0-9+/]{27}=|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$' %}
{% set campaign_properties = {
    'utm_source': ['campaign source', 'Campaign Source'],
    'utm_medium': ['campaign medium', 'Campaign Medium'],
    'utm_campaign': ['campaign name', 'Campaign Name'],
    'utm_content': ['campaign content', 'Campaign Content'],
    'utm_term': ['campaign terms', 'Campaign Terms']
} %}

with source as (

    select
        *,
        {{ raw_file() }} as source_file,
        {{ raw_row_number(source('kissmetrics', 'events')) }} as source_row_number
    from {{ source('kissmetrics', 'events') }}
    {% if target.type == 'bigquery' %}
        where {{ raw_file() }} is not null
    {% endif %}

),

lines as (

    select
        source_file as raw_file,
        source_row_number as raw_row_number,
        {{ json_column(columns, 'line') }} as raw_line
    from source

),

repaired as (

    select
        *,
        -- The export writes bytes beyond ASCII as \303\274, which is no JSON; such an escape is kept as plain text.
        case
            when {{ is_json('raw_line') }} then raw_line
            else replace(
                replace(raw_line, chr(92) || '2', chr(92) || chr(92) || '2'), chr(92) || '3', chr(92) || chr(92) || '3'
            )
        end as json_text
    from lines

),

parsed as (

    select
        *,
        case when left(json_text, 1) = '{' and {{ is_json('json_text') }} then json_text end as properties
    from repaired

),

fields_read as (

    select
        *,
        {{ known_value(json_text_of_any('properties', ['_p']), ignored) }} as sent_identity,
        {{ known_value(json_text_of_any('properties', ['_p2']), ignored) }} as sent_alias,
        {{ json_text_of_any('properties', ['_n']) }} as sent_event_name,
        {{ timestamp_from_epoch(json_text_of_any('properties', ['_t']), 'seconds') }} as occurred_at,
        {{ json_text_of_any('properties', ['url', 'URL', 'viewed url', 'Viewed URL']) }} as sent_url,
        {{ json_text_of_any('properties', ['referrer', 'Referrer']) }} as sent_referrer,
        {{ known_value(json_text_of_any('properties', raw_names.email), ignored) }} as sent_email,
        {{ id_text(json_text_of_any('properties', raw_names.phone)) }} as phone,
        {{ known_value(json_text_of_any('properties', raw_names.account_id), ignored) }} as account_id,
        {{ known_value(json_text_of_any('properties', raw_names.order_id), ignored) }} as order_id,
        {{ amount_or_null(json_text_of_any('properties', raw_names.revenue)) }} as revenue_amount,
        {{ unread_amount([json_text_of_any('properties', raw_names.revenue)], ignored) }} as unread_revenue,
        {{ sent_currency(json_text_of_any('properties', raw_names.currency), ignored) }} as currency_code,
        lower({{ json_text_of_any('properties', ['system name', 'System Name']) }}) as system_name,
        lower({{ json_text_of_any('properties', ['device platform', 'Device Platform']) }}) as device_platform,
        {{ json_text_of_any('properties', ['has_consent']) }} as sent_consent
    from parsed

),

identities_told_apart as (

    select
        *,
        case
            when sent_alias is not null then 'alias'
            when sent_event_name is null and properties is not null then 'identify'
            when lower(sent_event_name) in ('visited site', 'page view') then 'page'
            when sent_event_name is not null then 'track'
        end as event_type,
        case when not {{ regexp_matches('lower(sent_identity)', "'" ~ generated_identity ~ "'") }} then sent_identity end as named_identity,
        case when not {{ regexp_matches('lower(sent_alias)', "'" ~ generated_identity ~ "'") }} then sent_alias end
            as named_alias,
        case when sent_url like '%://%' then sent_url else 'https://' || sent_url end as page_url,
        {{ referrer_url('sent_referrer') }} as referrer
    from fields_read

),

keys_read as (

    select
        *,
        coalesce(named_alias, named_identity) as user_id,
        case when named_identity != named_alias then named_identity end as other_user_id,
        {% for rule in key_rules %}
            {% if rule.key_type == 'kissmetrics_id' %}
                coalesce(sent_alias, sent_identity)
            {% else %}
                {{ known_value(json_text_of_any('properties', [rule.key_type]), ignored) }}
            {% endif %}
                as custom_key_{{ loop.index }},
        {% endfor %}
        {{ url_query('page_url') }} as query_string,
        {{ url_path('page_url') }} as page_path,
        case when referrer is not null then {{ url_host('lower(page_url)') }} end as page_host,
        {{ url_host('referrer') }} as referring_host
    from identities_told_apart

),

campaign_read as (

    select
        *,
        coalesce(
            sent_email,
            case when sent_alias like '%_@_%' then sent_alias end,
            case when sent_identity like '%_@_%' then sent_identity end
        ) as email_address,
        {% for parameter, names in campaign_properties.items() %}
            {{ utm_value(parameter, 'query_string', [json_text_of_any('properties', names)]) }} as {{ parameter }},
        {% endfor %}
        lower({{ known_value(url_parameter('query_string', ['ehash']), ignored) }}) as ehash,
        coalesce(
            {{ known_value(json_text_of_any('properties', click_id_names()), ignored) }},
            {{ known_value(url_click_id('query_string'), ignored) }}
        ) as sent_click_id,
        coalesce(
            {% for name in click_id_names() %}
                case when {{ json_text_of_any('properties', [name]) }} is not null then '{{ name | lower }}' end,
            {% endfor %}
            {{ url_click_id_type('query_string') }}
        ) as sent_click_id_type
    from keys_read

),

ids_known as (

    select
        *,
        {{ normalized_email('email_address') }} as email
    from campaign_read

),

final as (

    select
        raw_file,
        raw_row_number,
        -- The export has no id of its own. The line is one: what happened twice in a second is one event.
        {{ sha256_hex('raw_line') }} as event_id,
        'kissmetrics' as source_name,
        {{ space_of('kissmetrics') }} as space_id,
        cast(null as {{ dbt.type_string() }}) as app_id,
        coalesce(event_type, 'track') as event_type,
        {{ without_addresses("case event_type
            when 'alias' then 'alias'
            when 'identify' then 'identify'
            when 'page' then 'page_view'
            else sent_event_name
        end") }} as event_name,
        cast(null as {{ dbt.type_string() }}) as schema_version,
        occurred_at,
        occurred_at as received_at,
        {{ hashed_if_address('sent_identity') }} as anonymous_id,
        cast(null as {{ dbt.type_string() }}) as device_id,
        case
            when device_platform like '%ipad%' or device_platform like '%tablet%' then 'tablet'
            when device_platform is not null or system_name in ('ios', 'iphone os', 'android') then 'phone'
        end as platform,
        case
            when system_name in ('ios', 'iphone os') then 'ios'
            when system_name = 'android' then 'android'
            when system_name is not null then 'other'
        end as os,
        cast(null as {{ dbt.type_string() }}) as browser,
        false as is_in_app_browser,
        {{ hashed_if_address('user_id') }} as user_id,
        coalesce({{ sha256_hex('email') }}, {{ sent_email_hash('ehash', ignored) }}) as email_hash,
        {{ sha256_hex(email_domain('email')) }} as email_domain_hash,
        {{ phone_hash('phone') }} as phone_hash,
        {{ hashed_if_address('account_id') }} as account_id,
        cast(null as {{ dbt.type_string() }}) as ip_token,
        {{ hashed_if_address('sent_click_id') }} as click_id,
        {{ click_id_type('sent_click_id', 'sent_click_id_type') }} as click_id_type,
        cast(null as {{ dbt.type_string() }}) as source_session_id,
        -- An alias of two names links both logins, too.
        {{ custom_keys(
            key_columns + ['other_user_id'], key_rules + [{'key_type': 'user_id', 'is_sensitive': false}]
        ) }} as custom_keys,
        -- Missing means allowed; an answer that cannot be read does not.
        coalesce({{ cast_or_null('sent_consent', dbt.type_boolean()) }}, sent_consent is null)
        and lower(left(coalesce(sent_identity, ''), 12)) != 'non-consent-' as has_consent,
        lower({{ without_addresses('utm_source') }}) as utm_source,
        lower({{ without_addresses('utm_medium') }}) as utm_medium,
        {{ without_addresses('utm_campaign') }} as utm_campaign,
        {{ without_addresses('utm_content') }} as utm_content,
        {{ without_addresses('utm_term') }} as utm_term,
        {{ external_referrer('referring_host', 'page_host') }} as referrer_host,
        {{ without_addresses('page_path') }} as page_path,
        {{ hashed_if_address('order_id') }} as order_id,
        revenue_amount,
        currency_code,
        {{ without_personal_data('coalesce(properties, raw_line)', sensitive_properties) }} as properties,
        case when properties is null then 'malformed_properties' else unread_revenue end as source_rejection_reason
    from ids_known

)

select * from final
