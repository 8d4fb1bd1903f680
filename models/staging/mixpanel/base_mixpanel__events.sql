{% set events = raw_reader(source('mixpanel', 'events'), 'mixpanel', 'events') %}
{% set columns = source_columns(events) %}
{% set key_rules = custom_key_rules('mixpanel') %}
{% set ignored = ignored_values() %}
{% set raw_names = raw_columns('mixpanel') %}
{% set click_ids = click_id_parameters() | map(attribute='name') | list %}
{# By what is read: columns of the export to a warehouse, and the properties that hold the same in the raw export. #}
{% set common = {
    'sent_event_name': [['event', 'event_name', 'mp_event_name'], []], 'sent_time': [['time'], ['time']],
    'device_event_id': [['mp_insert_id', 'insert_id'], ['$insert_id']], 'sent_distinct_id': [['distinct_id'], ['distinct_id']],
    'sent_device_id': [['mp_device_id', 'device_id'], ['$device_id']], 'sent_user_id': [['mp_user_id', 'user_id'], ['$user_id']]
} %}
{% set texts = {
    'link_failure': ['$failure_reason', '$identity_failure_reason'], 'api_milliseconds': ['$mp_api_timestamp_ms'],
    'processing_milliseconds': ['mp_processing_time_ms', '$processing_time_ms'], 'sent_library': ['mp_lib', '$lib'], 'sent_os': ['$os'],
    'sent_browser': ['$browser'], 'sent_device': ['$device'], 'sent_model': ['$model'], 'page_url': ['$current_url', 'current_url'],
    'sent_referrer': ['$referrer'], 'sent_consent': ['has_consent'],
    'sent_revenue': raw_names.revenue, 'sent_currency': raw_names.currency
} %}
{# Of the anonymous id of an `$identify` both names are in use: what the library sends and what the manual says. #}
{% set ids = {
    'sent_id_before': ['$distinct_id_before_identity'], 'sent_identified_id': ['$identified_id'],
    'sent_anon_id': ['$anon_id', '$anon_distinct_id'], 'sent_alias': ['alias'],
    'sent_merged_id_1': [['$distinct_ids', 0]], 'sent_merged_id_2': [['$distinct_ids', 1]]
} %}
{% set known = {
    'sent_ip': ['ip', '$ip'], 'kept_click_id': click_ids
} %}
{% for name in ['source', 'medium', 'campaign', 'content', 'term'] %}
    {% do texts.update({'kept_' ~ name: ['utm_' ~ name]}) %}
{% endfor %}
{% for rule in key_rules if rule.key_type != 'mixpanel_id' %}
    {% do known.update({'custom_key_' ~ (key_rules.index(rule) + 1): [rule.key_type]}) %}
{% endfor %}

{% set others = {} %}
{% for column in columns if column not in common.values() | map('first') | sum(start=[]) + ['properties', 'raw_file', 'file_row_number'] %}
    {# A dollar sign at the beginning is `mp_` in a column; some names of Mixpanel's own begin so by themselves. #}
    {% set is_own = column in ['mp_lib', 'mp_country_code', 'mp_keyword', 'mp_processing_time_ms', 'mp_sent_by_lib_version'] %}
    {% set property = '$' ~ column[3:] if column.startswith('mp_') and not is_own else column %}
    {% do others.update({property: json_column(columns, column)}) %}
{% endfor %}

with sent as (

    select
        {{ raw_file() }} as raw_file,
        {{ raw_row_number(events) }} as raw_row_number,
        {% for name, places in common.items() %}
            {{ first_sent(columns, places[0]) }} as {{ name }}_column,
        {% endfor %}
        coalesce({{ json_column(columns, 'properties') }}, {{ json_object(others, is_sparse=true) }}) as properties
    from {{ events }}
    where {{ raw_file() }} is not null

),

parsed as (

    select
        *,
        case when left(properties, 1) = '{' and {{ is_json('properties') }} then properties end as valid_properties
    from sent

),

properties_read as (

    select
        *,
        {% for name, places in common.items() %}
            coalesce({{ name }}_column, {{ json_text_of_any('valid_properties', places[1]) }}) as {{ name }},
        {% endfor %}
        {% for name, names in (texts.items() | list) + (ids.items() | list) %}
            {{ json_text_of_any('valid_properties', names | list) }} as {{ name }},
        {% endfor %}
        {% for name, names in known.items() %}
            {{ known_value(json_text_of_any('valid_properties', names), ignored) }} as {{ name }},
        {% endfor %}
        coalesce(
            {% for name in click_ids %}
                case when {{ json_text_of_any('valid_properties', [name]) }} is not null then '{{ name | lower }}' end,
            {% endfor %}
            cast(null as {{ dbt.type_string() }})
        ) as kept_click_id_type,
        {# Of a list the first. An event may tell of somebody else's address; what has Mixpanel's own name is the visitor's. #}
        {% for name, column in {'account_id': 'account_id', 'order_id': 'order_id', 'told_email': 'email', 'told_phone': 'phone'}.items() %}
            coalesce(
                {% for property in raw_names[column] %}
                    {{ known_value(json_text('valid_properties', [property, 0]), ignored) }},
                    {{ known_value(json_text('valid_properties', property), ignored) }},
                {% endfor %}
                cast(null as {{ dbt.type_string() }})
            ) as {{ name }},
        {% endfor %}
        {{ known_value(json_text_of_any('valid_properties', [['$email', 0], '$email']), ignored) }} as own_email,
        {{ known_value(json_text_of_any('valid_properties', [['$phone', 0], '$phone']), ignored) }} as own_phone
    from parsed

),

final as (

    select
        *,
        -- This prefix tells a device wherever an id may be either. Senders repeat it.
        {% for name in ids.keys() | list + ['sent_distinct_id', 'sent_user_id'] %}
            case when {{ name }} like '$device:%' then '$device:' else '' end
            || {{ known_value(regexp_replaced(name, '^(?:[$]device:)+'), ignored) }} as {{ name | replace('sent_', '') }},
        {% endfor %}
        {{ known_value(regexp_replaced('sent_device_id', '^(?:[$]device:)+'), ignored) }} as device_id,
        coalesce(own_email, case when sent_event_name = '$identify' then told_email end) as sent_email,
        coalesce(own_phone, case when sent_event_name = '$identify' then told_phone end) as sent_phone
    from properties_read

)

select * from final
