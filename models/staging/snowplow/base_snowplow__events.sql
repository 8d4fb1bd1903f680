{% set events = raw_reader(source('snowplow', 'events'), 'snowplow', 'events') %}
{% set columns = source_columns(events) %}
{% set key_rules, ignored = custom_key_rules('snowplow'), ignored_values() %}
{# Keys that have a column of their own are told by it; any other is looked up in the event's data and in entities. #}
{% set keys_to_look_up = key_rules | rejectattr('key_type', 'in', ['network_userid', 'domain_userid', 'snowplow_id']) | list %}
{% set entities = {
    'session_entity': 'com.snowplowanalytics.snowplow/client_session',
    'identity_entity': 'com.snowplowanalytics.snowplow/identity',
    'mobile_entity': 'com.snowplowanalytics.snowplow/mobile_context',
    'bot_entity': 'com.snowplowanalytics.snowplow/bot_detection',
    'robot_entity': 'com.iab.snowplow/spiders_and_robots',
    'shop_user_entity': 'com.snowplowanalytics.snowplow.ecommerce/user',
    'transaction_entity': 'com.snowplowanalytics.snowplow.ecommerce/transaction',
    'refund_entity': 'com.snowplowanalytics.snowplow.ecommerce/refund'
} %}
{# An entity has a column for each version of its schema, the major version (2.x loader) or the full one; or all stand in one column. #}
{% set versions_pattern = '_[0-9]+(_[0-9]+_[0-9]+(_recovered_[0-9a-z]+)?)?$' %}
{# Entities of the company's own schemas may hold keys; those of trackers and enrichments do not. #}
{% set foreign_pattern = 'contexts_(com_snowplowanalytics|com_iab|com_google|nl_basjes|org_w3|org_ietf)_' %}
{% set own_entity_columns = [] %}
{% for column in columns | sort(reverse=true) if column.startswith('contexts_') and not modules.re.match(foreign_pattern, column) %}
    {% do own_entity_columns.append(column) %}
{% endfor %}
{# What else an event without data of its own tells, by its kind. #}
{% set property_columns = {
    'struct': ['se_category', 'se_action', 'se_label', 'se_property', 'se_value'],
    'transaction': ['tr_affiliation', 'tr_tax', 'tr_shipping', 'tr_city', 'tr_state', 'tr_country'],
    'transaction_item': ['ti_sku', 'ti_name', 'ti_category', 'ti_price', 'ti_quantity', 'ti_currency'],
    'page': ['page_title', 'refr_medium', 'refr_source', 'mkt_network']
} %}

with renamed as (

    select
        {{ raw_file('load_tstamp') }} as raw_file,
        {{ raw_row_number(events) }} as raw_row_number,
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
            {{ known_value(raw_column(columns, name), ignored, is_trimmed=true) }} as {{ name }},
        {% endfor %}
        {% for name in ['derived_tstamp', 'dvce_created_tstamp', 'dvce_sent_tstamp', 'collector_tstamp', 'refr_dvce_tstamp'] %}
            {{ to_utc_timestamp(name if name in columns else 'null') }} as {{ name }},
        {% endfor %}
        {{ raw_column(columns, 'event_name') }} as schema_name,
        {{ raw_column(columns, 'useragent') }} as user_agent,
        -- The tracker for Python, a language of servers, says `pc` unless it is told otherwise.
        case
            when {{ raw_column(columns, 'platform') }} = 'pc' and {{ raw_column(columns, 'v_tracker') }} like 'py-%' then 'srv'
            else {{ raw_column(columns, 'platform') }}
        end as sent_platform,
        {{ money_columns(['tr_total'] | select('in', columns) | list, raw_column(columns, 'tr_currency'), ignored, prefix='tr_') }},
        {% for kind, names in property_columns.items() %}
            {% set sent = names | select('in', columns) | list %}
            {{ json_object(dict(zip(sent, sent))) }} as {{ kind }}_properties,
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
    from {{ events }}
    where {{ raw_file('load_tstamp') }} is not null

),

final as (

    select
        *,
        {% for rule in keys_to_look_up %}
            {% set words = rule.key_type.split('_') %}
            {% set names = [rule.key_type, words[0] ~ words[1:] | map('capitalize') | join] | unique(case_sensitive=true) | list %}
            {% set values = [json_text_of_any('event_data', names)] %}
            {% for column in own_entity_columns %}
                {% do values.append(json_text_of_any('own_entity_' ~ loop.index, names)) %}
            {% endfor %}
            {% do values.append(json_text_of_any(snowplow_first_entity('contexts', properties=names), names)) if 'contexts' in columns %}
            {{ known_value('coalesce(' ~ values | join(', ') ~ ')', ignored) }} as custom_key_{{ key_rules.index(rule) + 1 }},
        {% endfor %}
        case
            when event_data is not null then event_data
            when event = 'unstruct' then unstruct_event
            when event = 'struct' then struct_properties
            when event = 'transaction' then transaction_properties
            when event = 'transaction_item' then transaction_item_properties
            else page_properties
        end as properties
    from renamed

)

select * from final
