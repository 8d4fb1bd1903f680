{% set columns = source_columns(source('snowplow', 'events')) %}
{% set key_rules = custom_key_rules('snowplow') %}
{% set ignored = ignored_values() %}
{% set sensitive_properties = key_rules | selectattr('is_sensitive') | map(attribute='key_type') | list %}
{# Keys that have a column of their own; any other is looked up in the event's data and in entities. #}
{% set columns_of_keys = {
    'network_userid': 'browser_network_userid', 'domain_userid': 'linking_domain_userid', 'snowplow_id': 'snowplow_ids'
} %}
{% set custom_key_columns = [] %}
{% for rule in key_rules %}
    {% do custom_key_columns.append(columns_of_keys.get(rule.key_type, 'custom_key_' ~ loop.index)) %}
{% endfor %}
{% set has_keys_to_look_up = key_rules | rejectattr('key_type', 'in', columns_of_keys.keys() | list) | list | length > 0 %}
{% set entities = {
    'session_entity': 'com.snowplowanalytics.snowplow/client_session',
    'identity_entity': 'com.snowplowanalytics.snowplow/identity',
    'mobile_entity': 'com.snowplowanalytics.snowplow/mobile_context',
    'bot_entity': 'com.snowplowanalytics.snowplow/bot_detection',
    'robot_entity': 'com.iab.snowplow/spiders_and_robots',
    'shop_user_entity': 'com.snowplowanalytics.snowplow.ecommerce/user',
    'transaction_entity': 'com.snowplowanalytics.snowplow.ecommerce/transaction'
} %}
{# Entities of the company's own schemas may hold keys; those of trackers and enrichments do not. #}
{% set own_entity_columns = [] %}
{% set event_data_columns = [] %}
{% for column in columns | sort(reverse=true) %}
    {% if column.startswith('unstruct_event_') %}
        {% do event_data_columns.append(column) %}
    {% elif has_keys_to_look_up and column.startswith('contexts_')
        and not modules.re.match('contexts_(com_snowplowanalytics|com_iab|com_google|nl_basjes|org_w3|org_ietf)_', column) %}
        {% do own_entity_columns.append(column) %}
    {% endif %}
{% endfor %}
{# What else an event without data of its own tells, by its kind. #}
{% set property_columns = {
    'struct': ['se_category', 'se_action', 'se_label', 'se_property', 'se_value'],
    'transaction': ['tr_affiliation', 'tr_tax', 'tr_shipping', 'tr_city', 'tr_state', 'tr_country'],
    'transaction_item': ['ti_sku', 'ti_name', 'ti_category', 'ti_price', 'ti_quantity', 'ti_currency'],
    'page': ['page_title', 'refr_medium', 'refr_source', 'mkt_network']
} %}
{% set text_columns = [
    'event', 'event_id', 'app_id', 'platform', 'v_tracker', 'dvce_type', 'se_category', 'se_action', 'page_url', 'page_urlpath',
    'page_referrer', 'mkt_network', 'mkt_source', 'mkt_medium', 'mkt_campaign', 'mkt_content', 'mkt_term'
] %}
{% set id_columns = [
    'domain_userid', 'domain_sessionid', 'network_userid', 'refr_domain_userid', 'user_id', 'user_ipaddress', 'mkt_clickid',
    'tr_orderid', 'ti_orderid'
] %}
{% set time_columns = [
    'derived_tstamp', 'dvce_created_tstamp', 'dvce_sent_tstamp', 'collector_tstamp', 'refr_dvce_tstamp'
] %}

with source as (

    select
        *,
        {{ raw_file('load_tstamp') }} as source_file,
        {{ raw_row_number(source('snowplow', 'events')) }} as source_row_number
    from {{ source('snowplow', 'events') }}
    {% if target.type == 'bigquery' %}
        -- Rows still in the streaming buffer have no partition. A table may also demand a filter on its partitions.
        where {{ raw_file('load_tstamp') }} is not null
    {% endif %}

),

renamed as (

    select
        source_file as raw_file,
        source_row_number as raw_row_number,
        {% for column in text_columns %}
            {{ raw_column(columns, column) }} as {{ column }},
        {% endfor %}
        {% for column in id_columns %}
            {{ known_value(raw_column(columns, column), ignored) }} as {{ column }},
        {% endfor %}
        {% for column in time_columns %}
            {{ to_utc_timestamp(column if column in columns else 'null') }} as {{ column }},
        {% endfor %}
        {{ raw_column(columns, 'event_name') }} as schema_name,
        -- What the company itself defines has versions of its own; those of the vendor's events are the vendor's affair.
        case
            when
                coalesce({{ raw_column(columns, 'event_vendor') }}, '') not like 'com.snowplowanalytics.%'
                and coalesce({{ raw_column(columns, 'event_vendor') }}, '') not like 'com.google.%'
                then {{ raw_column(columns, 'event_version') }}
        end as schema_version,
        {{ raw_column(columns, 'useragent') }} as user_agent,
        {{ amount_or_null('tr_total' if 'tr_total' in columns else 'null') }} as tr_total,
        {{ unread_amount(['tr_total'] | select('in', columns) | list, ignored) }} as unread_total,
        {{ sent_currency(raw_column(columns, 'tr_currency'), ignored) }} as tr_currency,
        {% for kind, names in property_columns.items() %}
            {% set fields = {} %}
            {% for name in names if name in columns %}
                {% do fields.update({name: name}) %}
            {% endfor %}
            {{ json_object(fields) if fields else 'cast(null as ' ~ dbt.type_string() ~ ')' }} as {{ kind }}_properties,
        {% endfor %}
        -- An event has data of one schema at most.
        coalesce(
            {% for column in event_data_columns %}
                {{ json_part(json_column(columns, column), '$') }},
            {% endfor %}
            {{ json_part(json_column(columns, 'unstruct_event'), '$.data.data') }}
        ) as event_data,
        {% for column in own_entity_columns %}
            {{ json_part(json_column(columns, column), '$[0]') }} as own_entity_{{ loop.index }},
        {% endfor %}
        {% for entity, schema in entities.items() %}
            {{ snowplow_entity(columns, schema) }} as {{ entity }},
        {% endfor %}
        {{ json_column(columns, 'contexts') }} as contexts,
        {{ json_column(columns, 'unstruct_event') }} as unstruct_event
    from source

),

entities_read as (

    select
        *,
        {% for rule in key_rules if rule.key_type not in columns_of_keys %}
            {% set holders = ['event_data'] %}
            {% for column in own_entity_columns %}
                {% do holders.append('own_entity_' ~ loop.index) %}
            {% endfor %}
            {% if 'contexts' in columns %}
                {% do holders.append(snowplow_first_entity('contexts', property=rule.key_type)) %}
            {% endif %}
            {% set values = [] %}
            {% for holder in holders %}
                {% do values.append(snowplow_property(holder, rule.key_type)) %}
            {% endfor %}
            {{ known_value('coalesce(' ~ values | join(', ') ~ ')', ignored) }} as custom_key_{{ key_rules.index(rule) + 1 }},
        {% endfor %}
        coalesce(domain_userid, {{ known_value(snowplow_property('session_entity', 'user_id'), ignored) }}) as visitor_id,
        coalesce(domain_sessionid, {{ known_value(snowplow_property('session_entity', 'session_id'), ignored) }}) as visit_id,
        {{ known_value(snowplow_property('identity_entity', 'snowplow_id'), ignored) }} as snowplow_id,
        case when schema_name = 'identity_merge' then {{ known_value(snowplow_property('event_data', 'snowplow_id'), ignored) }} end
            as remaining_snowplow_id,
        case when schema_name = 'identity_merge' then {{ json_texts('event_data', '$.merges') }} end as merged_snowplow_ids,
        {{ known_value(snowplow_property('mobile_entity', 'apple_idfv'), ignored) }} as apple_idfv,
        {{ known_value(snowplow_property('mobile_entity', 'app_set_id'), ignored) }} as app_set_id,
        {{ known_value(snowplow_property('mobile_entity', 'android_idfa'), ignored) }} as android_idfa,
        {{ known_value(snowplow_property('mobile_entity', 'apple_idfa'), ignored) }} as apple_idfa,
        lower({{ snowplow_property('mobile_entity', 'os_type') }}) as mobile_os,
        coalesce({{ snowplow_property('robot_entity', 'spider_or_robot') }} = 'true', false) as is_robot,
        coalesce({{ snowplow_property('bot_entity', 'bot') }} = 'true', false) as is_detected_bot,
        {{ snowplow_property('event_data', 'type') }} as data_type,
        {{ snowplow_property('event_data', 'event_type') }} as consent_type,
        {{ snowplow_property('event_data', 'all') }} as is_all_consent,
        {{ known_value(snowplow_property('event_data', 'id'), ignored) }} as data_id,
        {{ known_value(snowplow_property('event_data', 'user_id'), ignored) }} as data_user_id,
        {{ known_value(snowplow_property('event_data', 'email'), ignored) }} as data_email,
        {{ id_text(snowplow_property('event_data', 'phone')) }} as data_phone,
        case
            when coalesce({{ snowplow_property('shop_user_entity', 'is_guest') }}, 'false') != 'true'
                then {{ known_value(snowplow_property('shop_user_entity', 'id'), ignored) }}
        end as shop_user_id,
        {{ known_value(snowplow_property('shop_user_entity', 'email'), ignored) }} as shop_user_email,
        {{ known_value(snowplow_property('transaction_entity', 'transaction_id'), ignored) }} as transaction_id,
        {{ amount_or_null(snowplow_property('transaction_entity', 'revenue')) }} as transaction_revenue,
        {{ unread_amount([snowplow_property('transaction_entity', 'revenue')], ignored) }} as unread_revenue,
        {{ sent_currency(snowplow_property('transaction_entity', 'currency'), ignored) }} as transaction_currency
    from renamed

),

url_parsed as (

    select
        *,
        {{ url_query('page_url') }} as query_string,
        coalesce({{ url_path('page_url') }}, page_urlpath) as page_path,
        case when page_referrer is not null then {{ url_host('lower(page_url)') }} end as page_host,
        {{ url_host(referrer_url('page_referrer')) }} as referring_host
    from entities_read

),

parameters_read as (

    select
        *,
        lower({{ known_value(url_parameter('query_string', ['ehash']), ignored) }}) as ehash,
        {{ known_value(url_click_id('query_string'), ignored) }} as url_click_id,
        {{ url_click_id_type('query_string') }} as url_click_id_type,
        -- The campaign enrichment reads the same address, where it is switched on.
        {{ utm_value('utm_source', 'query_string', ['mkt_source']) }} as utm_source,
        {{ utm_value('utm_medium', 'query_string', ['mkt_medium']) }} as utm_medium,
        {{ utm_value('utm_campaign', 'query_string', ['mkt_campaign']) }} as utm_campaign,
        {{ utm_value('utm_content', 'query_string', ['mkt_content']) }} as utm_content,
        {{ utm_value('utm_term', 'query_string', ['mkt_term']) }} as utm_term
    from url_parsed

),

named as (

    select
        *,
        event = 'unstruct' and coalesce(schema_name, '') = 'identify' as is_identify,
        case
            when event = 'struct' then coalesce(se_category || '/' || se_action, se_action, se_category, event)
            -- Each shop event has the same schema; its type says what happened.
            when schema_name = 'snowplow_ecommerce_action' then coalesce(data_type, schema_name)
            when event = 'unstruct' then schema_name
            else coalesce(schema_name, event)
        end as event_name,
        -- Device and collector disagree by the device's clock; enrichment corrects it the same way.
        coalesce(
            derived_tstamp,
            {{ corrected_time('dvce_created_tstamp', 'dvce_sent_tstamp', 'collector_tstamp') }},
            collector_tstamp
        ) as occurred_at
    from parameters_read

),

identified as (

    select
        *,
        case
            when visitor_id is not null then visitor_id
            -- A session without a visitor: the tracker was told to keep the visitor anonymous.
            when user_id is null and visit_id is not null then 'non-consent-' || visit_id
            -- A pixel knows no other cookie. A server's requests would each get a new one.
            when lower(v_tracker) like 'no-js-%' then network_userid
            -- Stands for the user that others were merged into; no device has such an id.
            when merged_snowplow_ids is not null then 'snowplow-' || remaining_snowplow_id
        end as anonymous_id,
        coalesce(remaining_snowplow_id || {{ value_separator() }} || merged_snowplow_ids, snowplow_id) as snowplow_ids,
        coalesce(user_id, case when is_identify then coalesce(data_id, data_user_id) end, shop_user_id) as known_user_id,
        {{ normalized_email('coalesce(case when is_identify then data_email end, shop_user_email)') }} as email,
        case when is_identify then data_phone end as phone,
        -- Both times are of one device. A link that is much older was passed on to somebody else.
        coalesce(
            case
                when
                    refr_dvce_tstamp >= {{ dbt.dateadd('minute', -30, 'dvce_created_tstamp') }}
                    and refr_dvce_tstamp <= {{ dbt.dateadd('minute', 1, 'dvce_created_tstamp') }}
                    then refr_domain_userid
            end,
            visitor_id
        ) as linking_domain_userid,
        -- The anonymisation enrichment leaves parts of an ip as x, which strangers share.
        -- A server's address and cookie are nobody's.
        case when lower(user_ipaddress) not like '%x%' and coalesce(platform, '') != 'srv' then lower(user_ipaddress) end as ip_address,
        case when coalesce(platform, '') != 'srv' then network_userid end as browser_network_userid,
        coalesce(
            (event_name = 'consent_preferences' and consent_type in ('deny_all', 'withdrawn', 'expired'))
            or (event_name = 'consent_withdrawn' and is_all_consent = 'true'),
            false
        ) as is_consent_refused
    from named

),

final as (

    select
        raw_file,
        raw_row_number,
        {{ hashed_if_address('event_id') }} as event_id,
        'snowplow' as source_name,
        {{ space_of('snowplow', 'app_id') }} as space_id,
        {{ without_addresses('app_id') }} as app_id,
        case
            when event = 'page_view' then 'page'
            when event = 'unstruct' and event_name = 'screen_view' then 'screen'
            when is_identify then 'identify'
            when merged_snowplow_ids is not null then 'alias'
            else 'track'
        end as event_type,
        {{ without_addresses('event_name') }} as event_name,
        schema_version,
        occurred_at,
        coalesce(collector_tstamp, occurred_at) as received_at,
        {{ hashed_if_address('anonymous_id') }} as anonymous_id,
        {{ hashed_if_address('coalesce(apple_idfv, app_set_id, android_idfa, apple_idfa)') }} as device_id,
        case
            when platform = 'srv' or merged_snowplow_ids is not null then 'server'
            when platform = 'pc' then 'desktop'
            when platform = 'mob' and {{ user_agent_platform('user_agent') }} = 'tablet' then 'tablet'
            when platform = 'mob' then 'phone'
            when user_agent is not null then {{ user_agent_platform('user_agent') }}
            when dvce_type = 'Mobile' then 'phone'
            when dvce_type = 'Tablet' then 'tablet'
            when dvce_type = 'Computer' then 'desktop'
        end as platform,
        case
            when platform = 'srv' then null
            when mobile_os in ('ios', 'android') then mobile_os
            else {{ user_agent_os('user_agent') }}
        end as os,
        case when coalesce(platform, 'web') = 'web' then {{ user_agent_browser('user_agent') }} end as browser,
        {{ user_agent_is_in_app('user_agent') }} as is_in_app_browser,
        {{ hashed_if_address('known_user_id') }} as user_id,
        coalesce({{ sha256_hex('email') }}, {{ sent_email_hash('ehash', ignored) }}) as email_hash,
        {{ sha256_hex(email_domain('email')) }} as email_domain_hash,
        {{ phone_hash('phone') }} as phone_hash,
        cast(null as {{ dbt.type_string() }}) as account_id,
        {{ token('ip_address') }} as ip_token,
        {{ hashed_if_address('coalesce(mkt_clickid, url_click_id)') }} as click_id,
        {{ click_id_type(
            'coalesce(mkt_clickid, url_click_id)',
            "coalesce(
                case when coalesce(mkt_clickid, url_click_id) = url_click_id then url_click_id_type end,
                case lower(mkt_network) when 'google' then 'gclid' when 'microsoft' then 'msclkid' when 'doubleclick' then 'dclid' end
            )"
        ) }} as click_id_type,
        {{ hashed_if_address('visit_id') }} as source_session_id,
        {{ custom_keys(custom_key_columns, key_rules) }} as custom_keys,
        not is_consent_refused and lower(left(coalesce(anonymous_id, ''), 12)) != 'non-consent-' as has_consent,
        {{ without_addresses('utm_source') }} as utm_source,
        {{ without_addresses('utm_medium') }} as utm_medium,
        {{ without_addresses('utm_campaign') }} as utm_campaign,
        {{ without_addresses('utm_content') }} as utm_content,
        {{ without_addresses('utm_term') }} as utm_term,
        {{ external_referrer('referring_host', 'page_host') }} as referrer_host,
        {{ without_addresses('page_path') }} as page_path,
        {{ hashed_if_address('coalesce(tr_orderid, ti_orderid, transaction_id)') }} as order_id,
        case when event_name = 'transaction' then coalesce(tr_total, transaction_revenue) end as revenue_amount,
        case when event_name = 'transaction' then coalesce(tr_currency, transaction_currency) end as currency_code,
        {{ without_personal_data(
            "case "
            ~ "when event_data is not null then event_data "
            ~ "when event = 'unstruct' then unstruct_event "
            ~ "when event = 'struct' then struct_properties "
            ~ "when event = 'transaction' then transaction_properties "
            ~ "when event = 'transaction_item' then transaction_item_properties "
            ~ "else page_properties end",
            sensitive_properties
        ) }} as properties,
        case
            when is_robot or is_detected_bot or (coalesce(platform, '') != 'srv' and {{ is_bot('user_agent') }}) then 'bot'
            when event_name = 'transaction' and coalesce(tr_total, transaction_revenue) is null then coalesce(unread_total, unread_revenue)
        end as source_rejection_reason
    from identified

)

select * from final
