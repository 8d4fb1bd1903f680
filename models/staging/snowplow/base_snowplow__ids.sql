{% set ignored = ignored_values() %}
{# Typed columns are in snake case, what is stored as JSON is in the schema's own spelling. #}
{% set ids_within = {
    'session_user_id': ('session_entity', ['user_id', 'userId']), 'session_id': ('session_entity', ['session_id', 'sessionId']),
    'snowplow_id': ('identity_entity', ['snowplow_id', 'snowplowId']),
    'apple_idfv': ('mobile_entity', ['apple_idfv', 'appleIdfv']), 'app_set_id': ('mobile_entity', ['app_set_id', 'appSetId']),
    'android_idfa': ('mobile_entity', ['android_idfa', 'androidIdfa']), 'apple_idfa': ('mobile_entity', ['apple_idfa', 'appleIdfa']),
    'data_snowplow_id': ('event_data', ['snowplow_id', 'snowplowId']),
    'data_id': ('event_data', ['id']), 'data_user_id': ('event_data', ['user_id']), 'data_email': ('event_data', ['email']),
    'shop_user_id': ('shop_user_entity', ['id']), 'shop_user_email': ('shop_user_entity', ['email']),
    'transaction_id': ('transaction_entity', ['transaction_id', 'transactionId']),
    'refunded_id': ('refund_entity', ['transaction_id', 'transactionId'])
} %}
{% set texts_within = {
    'mobile_os': ('mobile_entity', ['os_type', 'osType']),
    'is_spider_or_robot': ('robot_entity', ['spider_or_robot', 'spiderOrRobot']), 'is_detected_bot': ('bot_entity', ['bot']),
    'data_type': ('event_data', ['type']), 'data_phone': ('event_data', ['phone']),
    'consent_type': ('event_data', ['event_type', 'eventType']), 'is_all_consent': ('event_data', ['all']),
    'is_guest': ('shop_user_entity', ['is_guest', 'isGuest']),
    'transaction_revenue': ('transaction_entity', ['revenue']), 'transaction_currency': ('transaction_entity', ['currency']),
    'refund_amount': ('refund_entity', ['refund_amount', 'refundAmount']), 'refund_currency': ('refund_entity', ['currency'])
} %}

with events as (

    select * from {{ ref('base_snowplow__events') }}

),

entities_read as (

    select
        *,
        {% for name, place in ids_within.items() %}
            {{ known_value(json_text_of_any(place[0], place[1]), ignored) }} as {{ name }},
        {% endfor %}
        {% for name, place in texts_within.items() %}
            {{ json_text_of_any(place[0], place[1]) }} as {{ name }},
        {% endfor %}
        -- A list in its usual spelling, ["12", "34"].
        nullif(trim({{ regexp_replaced(json_part('event_data', '$.merges'), '[^A-Za-z0-9_-]+', ' ') }}), '') as sent_merges
    from events

),

kinds_told as (

    select
        *,
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
        end as event_name
    from entities_read

),

final as (

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
        coalesce(case when is_identify then data_email end, shop_user_email, case when user_id like '%_@_%' then user_id end) as email_address,
        case when is_identify then {{ id_text('data_phone') }} end as phone,
        -- The anonymisation enrichment leaves parts of an ip as x, which strangers share.
        -- A server's address and cookie are nobody's.
        case when lower(user_ipaddress) not like '%x%' and coalesce(sent_platform, '') != 'srv' then lower(user_ipaddress) end
            as ip_address,
        case when coalesce(sent_platform, '') != 'srv' then network_userid end as browser_network_userid,
        -- Both times are of one device. A link that is much older was passed on to somebody else.
        coalesce(
            case
                when
                    {{ dbt.datediff('refr_dvce_tstamp', 'dvce_created_tstamp', 'microsecond') }}
                    between {{ -60 * 1000000 }} and {{ 30 * 60 * 1000000 }}
                    then refr_domain_userid
            end,
            visitor_id
        ) as linking_domain_userid,
        not coalesce(
            (event_name = 'consent_preferences' and consent_type in ('deny_all', 'withdrawn', 'expired'))
            or (event_name = 'consent_withdrawn' and is_all_consent = 'true'),
            false
        ) as has_consent
    from kinds_told

)

select * from final
