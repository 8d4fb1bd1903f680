{% set relations = {} %}
{% for table in ['tracks', 'pages', 'screens', 'identifies', 'groups', 'aliases'] if has_raw_table(source('rudderstack', table)) %}
    {% do relations.update({table: source('rudderstack', table)}) %}
{% endfor %}
{% set event_tables = [] %}
{% for table in var('rudderstack_event_tables') if has_raw_table(event_table('rudderstack', table)) %}
    {% do relations.update({table: event_table('rudderstack', table)}) %}
    {% do event_tables.append(table) %}
{% endfor %}
{% if not relations %}
    {% do relations.update({'tracks': source('rudderstack', 'tracks')}) %}
{% endif %}
{% set event_types = {
    'pages': 'page', 'screens': 'screen', 'identifies': 'identify', 'groups': 'group', 'aliases': 'alias'
} %}
{% set event_names = {
    'pages': 'page_view', 'screens': 'screen_view', 'identifies': 'identify', 'groups': 'group', 'aliases': 'alias'
} %}
{# Columns that RudderStack itself makes; all others but context_* are properties or traits. #}
{% set own_columns = [
    'id', 'anonymous_id', 'user_id', 'previous_id', 'group_id', 'event', 'event_text', 'received_at', 'sent_at',
    'original_timestamp', 'timestamp', 'channel', 'uuid_ts', 'loaded_at', 'rudder_event', 'raw_file', 'file_row_number'
] %}
{% set arrives_by = var('rudderstack_arrives_by') %}
{% set consent_categories = var('rudderstack_consent_categories') %}
{% set ignored = ignored_values() %}
{% set raw_names = raw_columns('rudderstack') %}
{% set key_rules = custom_key_rules('rudderstack') %}
{% set sensitive_properties = key_rules | selectattr('is_sensitive') | map(attribute='key_type') | list %}
{% set custom_key_columns = [] %}
{% for rule in key_rules %}
    {% do custom_key_columns.append('custom_key_' ~ loop.index) %}
{% endfor %}

with

{% for table, relation in relations.items() %}
    {% set columns = source_columns(relation) %}
    {% set properties = [] %}
    {% for column in columns | sort if column not in own_columns and not column.startswith('context_') %}
        {% do properties.append(column) %}
    {% endfor %}
    {# The same name means something else in another table: a group has an email and a revenue of its own. #}
    {% set event_columns = columns if table in event_tables else [] %}
    {% set revenue_columns = raw_names.revenue | select('in', event_columns) | list %}
    {% set page_columns = columns if table == 'pages' else [] %}
    {% set trait_columns = columns if table == 'identifies' else event_columns %}

    raw_{{ table }} as (

        select
            {{ raw_file(arrives_by) }} as raw_file,
            {{ raw_row_number(relation) }} as raw_row_number,
            {{ raw_column(columns, 'id') }} as event_id,
            '{{ event_types.get(table, "track") }}' as event_type,
            {% if table in event_names %}
                '{{ event_names[table] }}' as event_name,
            {% else %}
                coalesce({{ raw_column(columns, 'event') }}, {{ raw_column(columns, 'event_text') }}) as event_name,
            {% endif %}
            {{ 'true' if table == 'tracks' else 'false' }} as is_without_properties,
            {{ to_utc_timestamp('timestamp' if 'timestamp' in columns else 'null') }} as corrected_at,
            {{ raw_column(columns, 'timestamp') }} is null and {{ raw_column(columns, 'original_timestamp') }} is null as is_without_time,
            {{ to_utc_timestamp('original_timestamp' if 'original_timestamp' in columns else 'null') }} as client_occurred_at,
            {{ to_utc_timestamp('sent_at' if 'sent_at' in columns else 'null') }} as sent_at,
            {{ to_utc_timestamp('received_at' if 'received_at' in columns else 'null') }} as received_at,
            {{ known_value(raw_column(columns, 'anonymous_id'), ignored) }} as anonymous_id,
            {{ known_value(raw_column(columns, 'user_id'), ignored) }} as user_id,
            {{ known_value(raw_column(columns if table == 'aliases' else [], 'previous_id'), ignored) }} as previous_id,
            coalesce(
                {{ known_value(raw_column(columns if table == 'groups' else [], 'group_id'), ignored) }},
                {{ first_raw_column(event_columns, raw_names.account_id, ignored) }}
            ) as account_id,
            {{ known_value(raw_column(columns, 'context_device_id'), ignored) }} as device_id,
            lower(coalesce(
                {{ first_raw_column(trait_columns, raw_names.email, ignored) }},
                {{ known_value(raw_column(columns, 'context_traits_email'), ignored) }}
            )) as email_address,
            coalesce(
                {{ first_raw_column(trait_columns, raw_names.phone, ignored) }},
                {{ known_value(raw_column(columns, 'context_traits_phone'), ignored) }}
            ) as phone,
            coalesce({{ raw_column(columns, 'context_ip') }}, {{ raw_column(columns, 'context_request_ip') }}) as ip_address,
            coalesce(lower({{ raw_column(columns, 'context_is_bot') }}), 'false') in ('true', '1') as is_bot,
            {{ raw_column(columns, 'context_app_name') }} as app_name,
            coalesce(lower({{ raw_column(columns, 'channel') }}) = 'server', false)
            or {{ is_server_library(raw_column(columns, 'context_library_name')) }} as is_from_server,
            {{ raw_column(columns, 'context_user_agent') }} as user_agent,
            lower({{ raw_column(columns, 'context_os_name') }}) as os_name,
            lower({{ raw_column(columns, 'context_device_model') }}) as device_model,
            {{ raw_column(columns, 'context_consent_management_denied_consent_ids') }} as denied_consents,
            coalesce({{ raw_column(columns, 'context_page_url') }}, {{ raw_column(page_columns, 'url') }}) as page_url,
            coalesce({{ raw_column(columns, 'context_page_search') }}, {{ raw_column(page_columns, 'search') }}) as page_search,
            coalesce({{ raw_column(columns, 'context_page_path') }}, {{ raw_column(page_columns, 'path') }}) as page_path,
            coalesce({{ raw_column(columns, 'context_page_referrer') }}, {{ raw_column(page_columns, 'referrer') }}) as sent_referrer,
            {{ known_value(raw_column(columns, 'context_session_id'), ignored) }} as source_session_id,
            {{ raw_column(columns, 'context_campaign_source') }} as campaign_source,
            {{ raw_column(columns, 'context_campaign_medium') }} as campaign_medium,
            {{ raw_column(columns, 'context_campaign_name') }} as campaign_name,
            {{ raw_column(columns, 'context_campaign_content') }} as campaign_content,
            {{ raw_column(columns, 'context_campaign_term') }} as campaign_term,
            {{ first_raw_column(columns, raw_names.order_id, ignored) }} as order_id,
            {{ first_amount(revenue_columns) }} as revenue_amount,
            {{ unread_amount(revenue_columns, ignored) }} as unread_revenue,
            {{ sent_currency(first_raw_column(event_columns, raw_names.currency), ignored) }} as currency_code,
            {% for rule in key_rules %}
                {{ known_value(raw_column(columns, rule.key_type), ignored) }} as custom_key_{{ loop.index }},
            {% endfor %}
            {{ columns_as_json(properties) }} as properties
        from {{ relation }}
        {% if target.type == 'bigquery' %}
            -- Rows still in the streaming buffer have no partition. A table may also demand a filter on its partitions.
            where {{ raw_file(arrives_by) }} is not null
        {% endif %}

    ),

{% endfor %}

calls as (

    {% for table in relations %}
        select * from raw_{{ table }}
        {{ 'union all' if not loop.last }}
    {% endfor %}

),

referrers_read as (

    select
        *,
        {{ referrer_url('sent_referrer') }} as referrer
    from calls

),

url_parsed as (

    select
        *,
        {{ normalized_email('email_address') }} as email,
        -- The address may be the canonical one of the page, without the parameters that the visitor came with.
        {{ url_query("coalesce(page_search, '') || '#' || coalesce(page_url, '')") }} as query_string,
        {{ url_path('coalesce(page_url, page_path)') }} as url_page_path,
        -- The host is only wanted to tell whether the referrer is another.
        case when referrer is not null then {{ url_host('lower(page_url)') }} end as page_host,
        {{ url_host('referrer') }} as referring_host,
        -- What an app's own library says goes before its user agent, which is the one of the system's web view.
        case
            when os_name like 'ipados%' or device_model like 'ipad%' then 'tablet'
            when os_name in ('ios', 'iphone os', 'android') then 'phone'
        end as app_platform,
        case
            when os_name in ('ios', 'ipados', 'iphone os') then 'ios'
            when os_name in ('android', 'windows', 'linux') then os_name
            when os_name in ('mac os x', 'macos', 'mac os') then 'macos'
        end as app_os,
        -- Of an alias, the id before: an anonymous id or a user id, so that it is read as both.
        nullif({{ hashed_if_address('previous_id') }}, {{ hashed_if_address('user_id') }}) as previous_user_id,
        -- The data plane writes an address of IPv6 in brackets.
        -- A server's own address is nobody's.
        case
            when anonymous_id is null then null
            when ip_address like '[%:%]' then substr(ip_address, 2, length(ip_address) - 2)
            else ip_address
        end as ip
    from referrers_read

),

parameters_read as (

    select
        *,
        lower({{ known_value(url_parameter('query_string', ['ehash']), ignored) }}) as ehash,
        {{ known_value(url_click_id('query_string'), ignored) }} as click_id,
        {{ url_click_id_type('query_string') }} as url_click_id_type,
        {{ utm_value('utm_source', 'query_string', ['campaign_source']) }} as utm_source,
        {{ utm_value('utm_medium', 'query_string', ['campaign_medium']) }} as utm_medium,
        {{ utm_value('utm_campaign', 'query_string', ['campaign_name']) }} as utm_campaign,
        {{ utm_value('utm_content', 'query_string', ['campaign_content']) }} as utm_content,
        {{ utm_value('utm_term', 'query_string', ['campaign_term']) }} as utm_term
    from url_parsed

),

final as (

    select
        raw_file,
        raw_row_number,
        {{ hashed_if_address('event_id') }} as event_id,
        'rudderstack' as source_name,
        {{ space_of('rudderstack', 'app_name') }} as space_id,
        {{ without_addresses('app_name') }} as app_id,
        event_type,
        {{ without_addresses('event_name') }} as event_name,
        cast(null as {{ dbt.type_string() }}) as schema_version,
        coalesce(
            corrected_at,
            {{ corrected_time('client_occurred_at', 'sent_at', 'received_at') }},
            case when is_without_time then received_at end
        ) as occurred_at,
        coalesce(received_at, corrected_at, client_occurred_at) as received_at,
        {{ hashed_if_address('coalesce(previous_id, anonymous_id)') }} as anonymous_id,
        {{ hashed_if_address('device_id') }} as device_id,
        case
            when is_from_server then 'server'
            else coalesce(app_platform, {{ user_agent_platform('user_agent') }})
        end as platform,
        coalesce(app_os, {{ user_agent_os('user_agent') }}) as os,
        {{ user_agent_browser('user_agent') }} as browser,
        {{ user_agent_is_in_app('user_agent') }} as is_in_app_browser,
        {{ hashed_if_address('user_id') }} as user_id,
        coalesce({{ sha256_hex('email') }}, {{ sent_email_hash('ehash', ignored) }}) as email_hash,
        {{ sha256_hex(email_domain('email')) }} as email_domain_hash,
        {{ phone_hash('phone') }} as phone_hash,
        {{ hashed_if_address('account_id') }} as account_id,
        {{ token('lower(' ~ known_value('ip', ignored) ~ ')') }} as ip_token,
        {{ hashed_if_address('click_id') }} as click_id,
        {{ click_id_type('click_id', 'url_click_id_type') }} as click_id_type,
        {{ hashed_if_address('source_session_id') }} as source_session_id,
        {{ custom_keys(
            custom_key_columns + ['previous_user_id'],
            key_rules + [{'key_type': 'user_id', 'is_sensitive': false}]
        ) }} as custom_keys,
        -- Refused categories are a JSON list, as text; missing means allowed.
        lower(left(coalesce(anonymous_id, ''), 12)) != 'non-consent-'
        {% for category in consent_categories %}
            and {{ dbt.position("'\"" ~ category ~ "\"'", "coalesce(denied_consents, '')") }} = 0
        {% else %}
            and coalesce(replace(denied_consents, ' ', ''), '[]') = '[]'
        {% endfor %}
            as has_consent,
        {{ without_addresses('lower(utm_source)') }} as utm_source,
        {{ without_addresses('lower(utm_medium)') }} as utm_medium,
        {{ without_addresses('utm_campaign') }} as utm_campaign,
        {{ without_addresses('utm_content') }} as utm_content,
        {{ without_addresses('utm_term') }} as utm_term,
        {{ external_referrer('referring_host', 'page_host') }} as referrer_host,
        {{ without_addresses('url_page_path') }} as page_path,
        {{ hashed_if_address('order_id') }} as order_id,
        revenue_amount,
        currency_code,
        {{ without_personal_data('properties', sensitive_properties) }} as properties,
        case
            -- RudderStack writes such an event twice; here without its properties.
            when is_without_properties and lower(event_name) in ('{{ (event_tables or ['']) | map('lower') | join("', '") }}')
                then 'repeated_in_its_event_table'
            when is_bot or (anonymous_id is not null and {{ is_bot('user_agent') }}) then 'bot'
            else unread_revenue
        end as source_rejection_reason
    from parameters_read

)

select * from final
