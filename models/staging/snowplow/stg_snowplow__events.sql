{% set columns = source_columns(source('snowplow', 'events')) %}
{% set key_rules = custom_key_rules('snowplow') %}
{% set ignored = ignored_values() %}
{# Keys that have a column of their own; any other is looked up in the event's data and in entities. #}
{% set columns_of_keys = {
    'network_userid': 'browser_network_userid', 'domain_userid': 'linking_domain_userid', 'snowplow_id': 'snowplow_ids'
} %}
{% set keys_to_look_up = key_rules | rejectattr('key_type', 'in', columns_of_keys) | list %}
{% set entities = {
    'session_entity': 'com.snowplowanalytics.snowplow/client_session',
    'identity_entity': 'com.snowplowanalytics.snowplow/identity',
    'mobile_entity': 'com.snowplowanalytics.snowplow/mobile_context',
    'bot_entity': 'com.snowplowanalytics.snowplow/bot_detection',
    'robot_entity': 'com.iab.snowplow/spiders_and_robots',
    'shop_user_entity': 'com.snowplowanalytics.snowplow.ecommerce/user',
    'transaction_entity': 'com.snowplowanalytics.snowplow.ecommerce/transaction'
} %}
{# An entity has a column for each version of its schema, the major version (2.x loader) or the full one; or all stand in one column. #}
{% set versions_pattern = '_[0-9]+(_[0-9]+_[0-9]+(_recovered_[0-9a-z]+)?)?$' %}
{# Entities of the company's own schemas may hold keys; those of trackers and enrichments do not. #}
{% set foreign_pattern = 'contexts_(com_snowplowanalytics|com_iab|com_google|nl_basjes|org_w3|org_ietf)_' %}
{% set own_entity_columns = [] %}
{% for column in columns | sort(reverse=true) if column.startswith('contexts_') and not modules.re.match(foreign_pattern, column) %}
    {% do own_entity_columns.append(column) %}
{% endfor %}
{# Typed columns are in snake case, what is stored as JSON is in the schema's own spelling. #}
{% set ids_within = {
    'session_user_id': ('session_entity', ['user_id', 'userId']),
    'session_id': ('session_entity', ['session_id', 'sessionId']),
    'snowplow_id': ('identity_entity', ['snowplow_id', 'snowplowId']),
    'apple_idfv': ('mobile_entity', ['apple_idfv', 'appleIdfv']),
    'app_set_id': ('mobile_entity', ['app_set_id', 'appSetId']),
    'android_idfa': ('mobile_entity', ['android_idfa', 'androidIdfa']),
    'apple_idfa': ('mobile_entity', ['apple_idfa', 'appleIdfa']),
    'data_snowplow_id': ('event_data', ['snowplow_id', 'snowplowId']),
    'data_id': ('event_data', ['id']),
    'data_user_id': ('event_data', ['user_id', 'userId']),
    'data_email': ('event_data', ['email']),
    'shop_user_id': ('shop_user_entity', ['id']),
    'shop_user_email': ('shop_user_entity', ['email']),
    'transaction_id': ('transaction_entity', ['transaction_id', 'transactionId'])
} %}
{% set texts_within = {
    'mobile_os': ('mobile_entity', ['os_type', 'osType']),
    'is_spider_or_robot': ('robot_entity', ['spider_or_robot', 'spiderOrRobot']),
    'is_detected_bot': ('bot_entity', ['bot']),
    'data_type': ('event_data', ['type']),
    'consent_type': ('event_data', ['event_type', 'eventType']),
    'is_all_consent': ('event_data', ['all']),
    'data_phone': ('event_data', ['phone']),
    'is_guest': ('shop_user_entity', ['is_guest', 'isGuest']),
    'transaction_revenue': ('transaction_entity', ['revenue']),
    'transaction_currency': ('transaction_entity', ['currency'])
} %}
{# What else an event without data of its own tells, by its kind. #}
{% set property_columns = {
    'struct': ['se_category', 'se_action', 'se_label', 'se_property', 'se_value'],
    'transaction': ['tr_affiliation', 'tr_tax', 'tr_shipping', 'tr_city', 'tr_state', 'tr_country'],
    'transaction_item': ['ti_sku', 'ti_name', 'ti_category', 'ti_price', 'ti_quantity', 'ti_currency'],
    'page': ['page_title', 'refr_medium', 'refr_source', 'mkt_network']
} %}
{% set sent_campaign = {} %}
{% for name in ['source', 'medium', 'campaign', 'content', 'term'] %}
    {% do sent_campaign.update({'utm_' ~ name: ['mkt_' ~ name]}) %}
{% endfor %}

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
        {% for name in [
            'event', 'event_id', 'event_vendor', 'event_version', 'app_id', 'v_tracker', 'dvce_type', 'se_category', 'se_action',
            'page_url', 'page_urlpath', 'page_referrer', 'mkt_network', 'mkt_source', 'mkt_medium', 'mkt_campaign',
            'mkt_content', 'mkt_term'
        ] %}
            {{ raw_column(columns, name) }} as {{ name }},
        {% endfor %}
        {% for name in [
            'domain_userid', 'domain_sessionid', 'network_userid', 'refr_domain_userid', 'user_id', 'user_ipaddress', 'mkt_clickid',
            'tr_orderid', 'ti_orderid'
        ] %}
            {{ known_value(raw_column(columns, name), ignored) }} as {{ name }},
        {% endfor %}
        {% for name in ['derived_tstamp', 'dvce_created_tstamp', 'dvce_sent_tstamp', 'collector_tstamp', 'refr_dvce_tstamp'] %}
            {{ to_utc_timestamp(name if name in columns else 'null') }} as {{ name }},
        {% endfor %}
        {{ raw_column(columns, 'event_name') }} as schema_name,
        {{ raw_column(columns, 'useragent') }} as user_agent,
        {{ raw_column(columns, 'platform') }} as sent_platform,
        {{ money_columns(['tr_total'] | select('in', columns) | list, raw_column(columns, 'tr_currency'), ignored, prefix='tr_') }},
        {% for kind, names in property_columns.items() %}
            {% set fields = {} %}
            {% for name in names if name in columns %}
                {% do fields.update({name: name}) %}
            {% endfor %}
            {{ json_object(fields) if fields else 'cast(null as ' ~ dbt.type_string() ~ ')' }} as {{ kind }}_properties,
        {% endfor %}
        -- An event has data of one schema at most.
        coalesce(
            {% for column in columns | sort(reverse=true) if column.startswith('unstruct_event_') %}
                {{ json_part(json_column(columns, column), '$') }},
            {% endfor %}
            {{ json_part(json_column(columns, 'unstruct_event'), '$.data.data') }}
        ) as event_data,
        {% for column in own_entity_columns if keys_to_look_up %}
            {{ json_part(json_column(columns, column), '$[0]') }} as own_entity_{{ loop.index }},
        {% endfor %}
        {% for entity, schema in entities.items() %}
            {% set name = 'contexts_' ~ modules.re.sub('[^a-z0-9]', '_', schema) %}
            coalesce(
                {% for column in columns | sort(reverse=true) if modules.re.match(name ~ versions_pattern, column) %}
                    {{ json_part(json_column(columns, column), '$[0]') }},
                {% endfor %}
                {% for column in ['contexts', 'derived_contexts'] if column in columns %}
                    {{ snowplow_first_entity(json_column(columns, column), schema) }},
                {% endfor %}
                cast(null as {{ dbt.type_string() }})
            ) as {{ entity }},
        {% endfor %}
        {{ json_column(columns, 'contexts') }} as contexts,
        {{ json_column(columns, 'unstruct_event') }} as unstruct_event
    from source

),

entities_read as (

    select
        *,
        {% for rule in keys_to_look_up %}
            {% set words = rule.key_type.split('_') %}
            {% set names = [rule.key_type, words[0] ~ words[1:] | map('capitalize') | join] | unique(case_sensitive=true) | list %}
            {% set values = [json_text_of_any('event_data', names)] %}
            {% for column in own_entity_columns %}
                {% do values.append(json_text_of_any('own_entity_' ~ loop.index, names)) %}
            {% endfor %}
            {% if 'contexts' in columns %}
                {% do values.append(json_text_of_any(snowplow_first_entity('contexts', properties=names), names)) %}
            {% endif %}
            {{ known_value('coalesce(' ~ values | join(', ') ~ ')', ignored) }} as custom_key_{{ key_rules.index(rule) + 1 }},
        {% endfor %}
        {% for name, place in ids_within.items() %}
            {{ known_value(json_text_of_any(place[0], place[1]), ignored) }} as {{ name }},
        {% endfor %}
        {% for name, place in texts_within.items() %}
            {{ json_text_of_any(place[0], place[1]) }} as {{ name }},
        {% endfor %}
        -- A list in its usual spelling, ["12", "34"].
        nullif(trim({{ regexp_replaced(json_part('event_data', '$.merges'), '[^A-Za-z0-9_-]+', ' ') }}), '') as sent_merges
    from renamed

),

url_parsed as (

    select
        *,
        case when page_url like '%=%' then page_url end as query_string,
        coalesce({{ url_part('path', 'page_url') }}, page_urlpath) as page_path,
        case when page_referrer is not null then {{ url_part('host', 'lower(page_url)') }} end as page_host,
        {{ url_part('host', referrer_url('page_referrer')) }} as referring_host,
        {{ user_agent_columns('user_agent') }},
        {{ money_columns(['transaction_revenue'], 'transaction_currency', ignored) }},
        coalesce(domain_userid, session_user_id) as visitor_id,
        coalesce(domain_sessionid, session_id) as source_session_id,
        case when schema_name = 'identity_merge' then replace(sent_merges, ' ', chr(31)) end as merged_snowplow_ids,
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
    from entities_read

),

identified as (

    select
        {{ all_but(['user_id']) }},
        case
            when visitor_id is not null then visitor_id
            -- A session without a visitor: the tracker was told to keep the visitor anonymous.
            when user_id is null and source_session_id is not null then 'non-consent-' || source_session_id
            -- A pixel knows no other cookie. A server's requests would each get a new one.
            when lower(v_tracker) like 'no-js-%' then network_userid
            -- Stands for the user that others were merged into; no device has such an id.
            when merged_snowplow_ids is not null then 'snowplow-' || data_snowplow_id
        end as anonymous_id,
        coalesce(apple_idfv, app_set_id, android_idfa, apple_idfa) as device_id,
        coalesce(
            case when schema_name = 'identity_merge' then data_snowplow_id end || chr(31) || merged_snowplow_ids,
            snowplow_id
        ) as snowplow_ids,
        coalesce(
            user_id,
            case when is_identify then coalesce(data_id, data_user_id) end,
            case when coalesce(is_guest, 'false') != 'true' then shop_user_id end
        ) as user_id,
        {{ normalized_email('coalesce(case when is_identify then data_email end, shop_user_email)') }} as email,
        case when is_identify then {{ id_text('data_phone') }} end as phone,
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
        case when lower(user_ipaddress) not like '%x%' and coalesce(sent_platform, '') != 'srv' then lower(user_ipaddress) end
            as ip_address,
        case when coalesce(sent_platform, '') != 'srv' then network_userid end as browser_network_userid,
        not coalesce(
            (event_name = 'consent_preferences' and consent_type in ('deny_all', 'withdrawn', 'expired'))
            or (event_name = 'consent_withdrawn' and is_all_consent = 'true'),
            false
        ) as has_consent,
        coalesce(tr_orderid, ti_orderid, transaction_id) as order_id,
        case when event_name = 'transaction' then coalesce(tr_revenue_amount, revenue_amount) end as transaction_amount,
        case
            when event_data is not null then event_data
            when event = 'unstruct' then unstruct_event
            when event = 'struct' then struct_properties
            when event = 'transaction' then transaction_properties
            when event = 'transaction_item' then transaction_item_properties
            else page_properties
        end as properties,
        -- The campaign enrichment reads the same address, where it is switched on.
        {{ link_columns(ignored, sent_campaign) }}
    from url_parsed

),

final as (

    select
        raw_file,
        raw_row_number,
        case
            when event = 'page_view' then 'page'
            when event = 'unstruct' and event_name = 'screen_view' then 'screen'
            when is_identify then 'identify'
            when merged_snowplow_ids is not null then 'alias'
            else 'track'
        end as event_type,
        -- What the company itself defines has versions of its own; those of the vendor's events are the vendor's affair.
        case
            when
                coalesce(event_vendor, '') not like 'com.snowplowanalytics.%' and coalesce(event_vendor, '') not like 'com.google.%'
                then event_version
        end as schema_version,
        occurred_at,
        coalesce(collector_tstamp, occurred_at) as received_at,
        case
            when sent_platform = 'srv' or merged_snowplow_ids is not null then 'server'
            when sent_platform = 'pc' then 'desktop'
            when sent_platform = 'mob' and agent_platform = 'tablet' then 'tablet'
            when sent_platform = 'mob' then 'phone'
            when user_agent is not null then agent_platform
            when dvce_type = 'Mobile' then 'phone'
            when dvce_type = 'Tablet' then 'tablet'
            when dvce_type = 'Computer' then 'desktop'
        end as platform,
        case
            when sent_platform = 'srv' then null
            when lower(mobile_os) in ('ios', 'android') then lower(mobile_os)
            else agent_os
        end as os,
        case when coalesce(sent_platform, 'web') = 'web' then agent_browser end as browser,
        is_in_app_browser,
        transaction_amount as revenue_amount,
        case when event_name = 'transaction' then coalesce(tr_currency_code, currency_code) end as currency_code,
        case
            when
                is_spider_or_robot = 'true' or is_detected_bot = 'true'
                or (coalesce(sent_platform, '') != 'srv' and {{ is_bot('user_agent') }})
                then 'bot'
            when event_name = 'transaction' and transaction_amount is null then coalesce(tr_unread_revenue, unread_revenue)
        end as source_rejection_reason,
        {{ tokenised_columns(
            'snowplow', ignored, key_rules, columns_of_keys,
            click_id='coalesce(mkt_clickid, url_click_id)',
            click_id_type="coalesce(
                case when coalesce(mkt_clickid, url_click_id) = url_click_id then url_click_id_type end,
                case lower(mkt_network) when 'google' then 'gclid' when 'microsoft' then 'msclkid' when 'doubleclick' then 'dclid' end
            )",
            not_sent=['account_id']
        ) }}
    from identified

)

select * from final
