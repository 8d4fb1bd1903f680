{% set columns = source_columns(source('kissmetrics', 'events')) %}
{% set key_rules = custom_key_rules('kissmetrics') %}
{% set ignored = ignored_values() %}
{% set raw_names = raw_columns('kissmetrics') %}
{% set click_id_names = click_id_parameters() | map(attribute='name') | list %}
{# What the library makes up for a visitor without a name: a digest in base64, or a UUID on phones. #}
{% set generated_identity = '^(?:[a-z0-9+/]{27}=|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$' %}
{% set sent_campaign = {} %}
{% for name, property in {'source': 'source', 'medium': 'medium', 'campaign': 'name', 'content': 'content', 'term': 'terms'}.items() %}
    {% do sent_campaign.update({
        'utm_' ~ name: [json_text_of_any('valid_properties', ['campaign ' ~ property, 'Campaign ' ~ property | capitalize])]
    }) %}
{% endfor %}

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
        case when left(json_text, 1) = '{' and {{ is_json('json_text') }} then json_text end as valid_properties
    from repaired

),

fields_read as (

    select
        *,
        {% for name, property in {'anonymous_id': '_p', 'sent_alias': '_p2'}.items() %}
            {{ known_value(json_text_of_any('valid_properties', [property]), ignored) }} as {{ name }},
        {% endfor %}
        {% for name in ['account_id', 'order_id'] %}
            {{ known_value(json_text_of_any('valid_properties', raw_names[name]), ignored) }} as {{ name }},
        {% endfor %}
        {{ json_text_of_any('valid_properties', ['_n']) }} as sent_event_name,
        {{ to_utc_timestamp(json_text_of_any('valid_properties', ['_t']), 'seconds') }} as occurred_at,
        {{ json_text_of_any('valid_properties', ['url', 'URL', 'viewed url', 'Viewed URL']) }} as sent_url,
        {{ json_text_of_any('valid_properties', ['referrer', 'Referrer']) }} as sent_referrer,
        {{ known_value(json_text_of_any('valid_properties', raw_names.email), ignored) }} as sent_email,
        {{ id_text(json_text_of_any('valid_properties', raw_names.phone)) }} as phone,
        {{ money_columns(
            [json_text_of_any('valid_properties', raw_names.revenue)], json_text_of_any('valid_properties', raw_names.currency), ignored
        ) }},
        lower({{ json_text_of_any('valid_properties', ['system name', 'System Name']) }}) as system_name,
        lower({{ json_text_of_any('valid_properties', ['device platform', 'Device Platform']) }}) as device_platform,
        {{ json_text_of_any('valid_properties', ['has_consent']) }} as sent_consent,
        coalesce(valid_properties, raw_line) as properties
    from parsed

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
        case when sent_url like '%://%' then sent_url else 'https://' || sent_url end as page_url,
        {{ referrer_url('sent_referrer') }} as referrer,
        -- Missing means allowed; an answer that cannot be read does not.
        coalesce({{ cast_or_null('sent_consent', dbt.type_boolean()) }}, sent_consent is null) as has_consent
    from fields_read

),

keys_read as (

    select
        *,
        case event_type
            when 'alias' then 'alias'
            when 'identify' then 'identify'
            when 'page' then 'page_view'
            else sent_event_name
        end as event_name,
        coalesce(named_sent_alias, named_anonymous_id) as user_id,
        case when named_anonymous_id != named_sent_alias then named_anonymous_id end as other_user_id,
        coalesce(sent_alias, anonymous_id) as kissmetrics_id,
        {% for rule in key_rules if rule.key_type != 'kissmetrics_id' %}
            {{ known_value(json_text_of_any('valid_properties', [rule.key_type]), ignored) }}
                as custom_key_{{ key_rules.index(rule) + 1 }},
        {% endfor %}
        coalesce(
            sent_email,
            case when sent_alias like '%_@_%' then sent_alias end,
            case when anonymous_id like '%_@_%' then anonymous_id end
        ) as email_address,
        case when page_url like '%=%' then page_url end as query_string,
        {{ url_part('path', 'page_url') }} as page_path,
        case when referrer is not null then {{ url_part('host', 'lower(page_url)') }} end as page_host,
        {{ url_part('host', 'referrer') }} as referring_host
    from identities_told_apart

),

campaign_read as (

    select
        *,
        {{ normalized_email('email_address') }} as email,
        {{ link_columns(ignored, sent_campaign) }},
        {{ known_value(json_text_of_any('valid_properties', click_id_names), ignored) }} as sent_click_id,
        coalesce(
            {% for name in click_id_names %}
                case when {{ json_text_of_any('valid_properties', [name]) }} is not null then '{{ name | lower }}' end,
            {% endfor %}
            cast(null as {{ dbt.type_string() }})
        ) as sent_click_id_type
    from keys_read

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
            when device_platform like '%ipad%' or device_platform like '%tablet%' then 'tablet'
            when device_platform is not null or system_name in ('ios', 'iphone os', 'android') then 'phone'
        end as platform,
        case
            when system_name in ('ios', 'iphone os') then 'ios'
            when system_name = 'android' then 'android'
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
            except=['event_id'], not_sent=['app_id', 'schema_version', 'device_id', 'browser', 'ip_token', 'source_session_id']
        ) }}
    from campaign_read

)

select * from final
