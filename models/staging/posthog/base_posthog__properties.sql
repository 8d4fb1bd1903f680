{% set key_rules = custom_key_rules('posthog') %}
{% set ignored = ignored_values() %}
{% set raw_names = raw_columns('posthog') %}
{% set click_id_names = click_id_parameters() | map(attribute='name') | list %}
{% set texts = {
    'page_url': ['$current_url'], 'sent_page_path': ['$pathname'], 'sent_referrer': ['$referrer', '$referring_domain'],
    'user_agent': ['$raw_user_agent', '$user_agent', '$useragent'], 'group_type': ['$group_type'],
    'sent_revenue': raw_names.revenue, 'sent_currency': raw_names.currency
} %}
{% for name in ['source', 'medium', 'campaign', 'content', 'term'] %}
    {% do texts.update({'kept_' ~ name: ['utm_' ~ name]}) %}
{% endfor %}
{% set words = {
    'library': ['$lib'], 'sent_device_type': ['$device_type'], 'sent_os': ['$os', '$os_name'], 'sent_browser': ['$browser'],
    'is_identified': ['$is_identified'], 'has_profile': ['$process_person_profile'], 'is_server': ['$is_server'],
    'cookieless_mode': ['$cookieless_mode', '$cklsh_mode']
} %}
{% set ids = {
    'sent_device_id': ['$device_id'], 'registered_login': ['$user_id'], 'sent_anon_distinct_id': ['$anon_distinct_id'],
    'sent_alias': ['alias'], 'group_key': ['$group_key'], 'source_session_id': ['$session_id'], 'order_id': raw_names.order_id,
    'property_ip': ['$ip'], 'kept_click_id': click_id_names
} %}
{# An event may tell of somebody else's address; what is set is the person's own. #}
{% set addresses = {'set': ['properties_set', 'properties_set_once'], 'person': ['valid_person_properties']} %}

with events as (

    select * from {{ ref('base_posthog__events') }}

),

final as (

    select
        *,
        {% for name, names in texts.items() %}
            {{ json_text_of_any('valid_properties', names) }} as {{ name }},
        {% endfor %}
        {% for name, names in words.items() %}
            lower({{ json_text_of_any('valid_properties', names) }}) as {{ name }},
        {% endfor %}
        {% for name, names in ids.items() %}
            {{ known_value(json_text_of_any('valid_properties', names), ignored) }} as {{ name }},
        {% endfor %}
        coalesce(
            {% for name in click_id_names %}
                case when {{ json_text_of_any('valid_properties', [name]) }} is not null then '{{ name | lower }}' end,
            {% endfor %}
            cast(null as {{ dbt.type_string() }})
        ) as kept_click_id_type,
        {% for rule in key_rules if rule.key_type != 'posthog_person_id' %}
            {{ known_value(json_text('valid_properties', rule.key_type), ignored) }} as custom_key_{{ key_rules.index(rule) + 1 }},
        {% endfor %}
        {% for place, holders in addresses.items() %}
            {% for name, names in {'email': raw_names.email, 'phone': raw_names.phone}.items() %}
                coalesce(
                    {% for holder in holders %}
                        {% set value = json_text_of_any(holder, names) %}
                        {{ known_value(value, ignored) if name == 'email' else value }},
                    {% endfor %}
                    cast(null as {{ dbt.type_string() }})
                ) as {{ place }}_{{ name }},
            {% endfor %}
        {% endfor %}
        coalesce(
            {% for holder in ['valid_properties', 'properties_set', 'valid_person_properties'] %}
                {{ json_text_of_any(holder, ['has_consent']) }}{{ ',' if not loop.last }}
            {% endfor %}
        ) as sent_consent,
        coalesce(
            {% for group_type in raw_names.account_id %}
                {{ known_value(json_text('group_names', group_type), ignored) }},
            {% endfor %}
            cast(null as {{ dbt.type_string() }})
        ) as group_account_id
    from events

)

select * from final
