{% set pings = raw_reader(source('ping', 'pings'), 'ping', 'pings') %}
{% set columns = source_columns(pings) %}
{% set key_rules = custom_key_rules('ping') %}
{% set ignored = ignored_values() %}
{% set click_id_names = click_id_parameters() | map(attribute='name') | list %}

with renamed as (

    select
        {{ raw_file() }} as raw_file,
        {{ raw_row_number(pings) }} as raw_row_number,
        {% for name in ['ping_id', 'app_id', 'user_agent', 'page_url'] %}
            {{ raw_column(columns, name) }} as {{ name }},
        {% endfor %}
        {% for name in ['anonymous_id', 'device_id', 'user_id', 'click_id', 'session_id'] %}
            {{ known_value(raw_column(columns, name), ignored, is_trimmed=true) }} as {{ name }},
        {% endfor %}
        lower({{ known_value(raw_column(columns, 'email_hash'), ignored, is_trimmed=true) }}) as email_hash,
        lower({{ known_value(client_ip(raw_column(columns, 'ip_address')), ignored, is_trimmed=true) }}) as ip_address,
        {% for name in ['pinged_at', 'sent_at', 'received_at'] %}
            {{ to_utc_timestamp(name if name in columns else 'null') }} as {{ name }},
        {% endfor %}
        {% for name in ['click_ids', 'properties'] %}
            {{ json_column(columns, name) }} as {{ name }},
        {% endfor %}
        {{ referrer_url(raw_column(columns, 'referrer')) }} as referrer,
        {{ consent_given(raw_column(columns, 'has_consent')) }} as has_consent
    from {{ pings }}
    -- Rows still in the streaming buffer have no partition. A table may also demand a filter on its partitions.
    where {{ raw_file() }} is not null

),

url_parsed as (

    select
        *,
        case when page_url like '%=%' then page_url end as query_string,
        {{ url_part('path', 'page_url') }} as page_path,
        case when referrer is not null then {{ url_part('host', 'lower(page_url)') }} end as page_host,
        {{ url_part('host', 'referrer') }} as referring_host,
        {{ user_agent_columns('user_agent') }},
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
            {{ known_value(json_text('valid_properties', rule.key_type), ignored) }} as custom_key_{{ loop.index }},
        {% endfor %}
        {% for name in click_id_names %}
            {{ known_value(json_text('click_ids_object', name), ignored) }} as stored_{{ name | lower }},
        {% endfor %}
        {{ known_value(url_click_id('click_ids_query'), ignored) }} as stored_query_click_id,
        {{ link_columns(ignored) }}
    from url_parsed

),

clicks_told_apart as (

    select
        *,
        -- The first that is kept and not the click of this very page.
        coalesce(
            nullif(click_id, coalesce(url_click_id, '')),
            {% for name in click_id_names %}
                nullif(stored_{{ name | lower }}, coalesce(url_click_id, '')),
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
        'page' as event_type,
        'ping' as event_name,
        {{ corrected_time('pinged_at', 'sent_at', 'received_at') }} as occurred_at,
        coalesce(received_at, pinged_at) as received_at,
        agent_platform as platform,
        agent_os as os,
        agent_browser as browser,
        is_in_app_browser,
        {{ hashed_if_address('session_id') }} as source_session_id,
        case when {{ is_bot('user_agent') }} then 'bot' end as source_rejection_reason,
        -- Only the click of this page is a touch; one that is kept would make every later visit a paid one, and is but a key.
        {{ tokenised_columns(
            'ping', ignored, key_rules + [{'key_type': 'click_id', 'is_sensitive': false}], {'click_id': 'stored_click_id'},
            email_hashes=['email_hash', 'ehash'], except=['event_id', 'event_name', 'source_session_id'],
            not_sent=['schema_version', 'email_domain_hash', 'phone_hash', 'account_id', 'order_id', 'revenue_amount', 'currency_code']
        ) }}
    from clicks_told_apart

)

select * from final
