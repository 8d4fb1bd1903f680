{% set named = var('generic_events_relation') %}
{% set arrival_file = raw_file(var('generic_arrives_by'), true) if named else raw_file() %}
{% set events = relation_of_project(named) if named else raw_reader(source('generic', 'events'), 'generic', 'events') %}
{% set raw_columns = source_columns(events) %}
{% set read_columns = generic_columns(raw_columns) %}
{% set columns = raw_columns | list + read_columns | list %}
{% set key_rules, ignored = custom_key_rules('generic'), ignored_values() %}
{% set ids = ['anonymous_id', 'device_id', 'user_id', 'account_id', 'click_id', 'order_id'] %}
{% set judged = ids + ['event_id', 'phone', 'session_id', 'email', 'email_hash', 'ip_address', 'event_type', 'click_id_type', 'referrer',
    'schema_version'] %}

with source as (

    select
        {{ all_but(read_columns | select('in', raw_columns) | list) }},
        {% for name, expression in read_columns.items() %} {{ expression }} as {{ name }}, {% endfor %}
        {{ arrival_file }} as arrival_file,
        {{ raw_row_number(events) if not named else 'cast(null as ' ~ dbt.type_bigint() ~ ')' }} as arrival_row_number
    from {{ events }}
    -- On BigQuery, rows still in the streaming buffer have no partition. A table may also demand a filter on its partitions.
    where {{ arrival_file }} is not null

),

typed as (

    select
        arrival_file as raw_file,
        arrival_row_number as raw_row_number,
        {% for name in judged + ['space_id', 'app_id', 'event_name', 'platform', 'user_agent', 'page_url'] %}
            {{ raw_column(columns, name) }} as {{ name }},
        {% endfor %}
        {% for name in ['utm_source', 'utm_medium', 'utm_campaign', 'utm_content', 'utm_term'] %}
            {{ raw_column(columns, name) }} as sent_{{ name }},
        {% endfor %}
        {% for key in key_rules | map(attribute='key_type') %}
            {{ raw_column(columns, key) }} as sent_key_{{ loop.index }},
        {% endfor %}
        {% for name in ['occurred_at', 'received_at', 'sent_at'] %}
            {{ to_utc_timestamp(name if name in columns else 'null') }} as {{ name }},
        {% endfor %}
        {{ consent_given(raw_column(columns, 'has_consent')) }} as has_consent,
        {{ money_columns(['revenue'] | select('in', columns) | list, raw_column(columns, 'currency'), ignored) }},
        {{ json_column(columns, 'properties') }} as properties
    from source

),

renamed as (

    select
        {{ all_but(judged) }},
        {% for name in ids %}
            {{ known_value(name, ignored, is_trimmed=true) }} as {{ name }},
        {% endfor %}
        {% for key in key_rules | map(attribute='key_type') %}
            {{ known_value('sent_key_' ~ loop.index, ignored, is_trimmed=true) if key in columns else 'sent_key_' ~ loop.index }} as key_{{ loop.index }},
        {% endfor %}
        {{ known_value('session_id', ignored, is_trimmed=true) }} as source_session_id,
        {{ id_text('event_id', is_trimmed=true) }} as event_id,
        {{ id_text('phone', is_trimmed=true) }} as phone,
        {{ id_text('schema_version', is_trimmed=true) }} as schema_version,
        lower({{ known_value('email', ignored, is_trimmed=true) }}) as sent_email,
        lower({{ known_value('email_hash', ignored, is_trimmed=true) }}) as sent_email_hash,
        lower({{ known_value(client_ip('ip_address'), ignored, is_trimmed=true) }}) as sent_ip_address,
        lower(event_type) as event_type,
        coalesce(lower(platform) = 'server', false) as is_from_server,
        lower(click_id_type) as click_id_type,
        {{ referrer_url('page_url') }} as page_address,
        {{ referrer_url('referrer') }} as referrer
    from typed

),

url_parsed as (

    select
        *,
        -- Who logs in by address is told by it.
        coalesce(sent_email, case when user_id like '%_@_%' then lower(user_id) end) as email_address,
        -- A server's ip is its own, and what names no browser and no device was sent by one.
        case when not is_from_server and coalesce(anonymous_id, device_id) is not null then sent_ip_address end as ip_address,
        case when page_url like '%=%' then page_url end as query_string,
        {{ url_part('path', 'page_url') }} as page_path,
        {{ url_part('authority', 'page_address') }} as page_authority,
        {{ url_part('authority', 'referrer') }} as referring_authority,
        {{ user_agent_columns('user_agent') }},
        case when {{ is_json('properties') }} then properties end as valid_properties
    from renamed

),

parameters_read as (

    select
        *,
        {{ normalized_email('email_address') }} as email,
        {% for key in key_rules | map(attribute='key_type') %}
            coalesce(key_{{ loop.index }}, {{ known_value(json_text('valid_properties', key), ignored) }}) as custom_key_{{ loop.index }},
        {% endfor %}
        -- The host is only wanted to tell whether the referrer is another.
        case when referrer is not null then {{ url_part('host', 'page_address', 'page_authority') }} end as page_host,
        {{ url_part('host', 'referrer', 'referring_authority') }} as referring_host,
        {{ link_columns(ignored, 'sent_utm_{}') }}
    from url_parsed

),

final as (

    select
        raw_file,
        raw_row_number,
        coalesce({{ hashed_if_address('space_id') }}, {{ space_of('generic') }}) as space_id,
        coalesce(event_type, 'track') as event_type,
        schema_version,
        {{ corrected_time('occurred_at', 'sent_at', 'received_at') }} as occurred_at,
        coalesce(received_at, occurred_at) as received_at,
        case when is_from_server then 'server' else agent_platform end as platform,
        agent_os as os,
        agent_browser as browser,
        is_in_app_browser,
        revenue_amount,
        currency_code,
        unread_revenue as source_rejection_reason,
        {{ tokenised_columns(
            'generic', ignored, key_rules, email_hashes=['sent_email_hash', 'email', 'ehash'], except=['space_id'],
            address='email_address', click_id='coalesce(click_id, url_click_id)',
            click_id_type='coalesce(click_id_type, case when coalesce(click_id, url_click_id) = url_click_id then url_click_id_type end)'
        ) }}
    from parameters_read

)

select * from final
