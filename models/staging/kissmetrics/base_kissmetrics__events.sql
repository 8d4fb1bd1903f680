{% set columns = source_columns(source('kissmetrics', 'events')) %}
{% set key_rules = custom_key_rules('kissmetrics') %}
{% set ignored = ignored_values() %}
{% set raw_names = raw_columns('kissmetrics') %}
{% set click_id_names = click_id_parameters() | map(attribute='name') | list %}
{% set names_of_texts = {
    'sent_event_name': ['_n'], 'event_time': ['_t'], 'sent_consent': ['has_consent'], 'sent_phone': raw_names.phone,
    'sent_url': ['url', 'URL', 'viewed url', 'Viewed URL'], 'sent_referrer': ['referrer', 'Referrer'],
    'sent_revenue': raw_names.revenue, 'sent_currency': raw_names.currency,
    'system_name': ['system name', 'System Name'], 'device_platform': ['device platform', 'Device Platform']
} %}
{% set names_of_ids = {
    'anonymous_id': ['_p'], 'sent_alias': ['_p2'], 'sent_email': raw_names.email, 'account_id': raw_names.account_id,
    'order_id': raw_names.order_id, 'sent_click_id': click_id_names
} %}
{% for name, property in {'source': 'source', 'medium': 'medium', 'campaign': 'name', 'content': 'content', 'term': 'terms'}.items() %}
    {% do names_of_texts.update({'campaign_' ~ name: ['campaign ' ~ property, 'Campaign ' ~ property | capitalize]}) %}
{% endfor %}

with lines as (

    select
        {{ raw_file() }} as raw_file,
        {{ raw_row_number(source('kissmetrics', 'events')) }} as raw_row_number,
        {{ json_column(columns, 'line') }} as raw_line
    from {{ source('kissmetrics', 'events') }}
    where {{ raw_file() }} is not null

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

final as (

    select
        raw_file,
        raw_row_number,
        raw_line,
        valid_properties,
        {% for name, properties in names_of_texts.items() %}
            {{ json_text_of_any('valid_properties', properties) }} as {{ name }},
        {% endfor %}
        {% for name, properties in names_of_ids.items() %}
            {{ known_value(json_text_of_any('valid_properties', properties), ignored) }} as {{ name }},
        {% endfor %}
        {% for rule in key_rules if rule.key_type != 'kissmetrics_id' %}
            {{ known_value(json_text_of_any('valid_properties', [rule.key_type]), ignored) }}
                as custom_key_{{ key_rules.index(rule) + 1 }},
        {% endfor %}
        coalesce(
            {% for name in click_id_names %}
                case when {{ json_text_of_any('valid_properties', [name]) }} is not null then '{{ name | lower }}' end,
            {% endfor %}
            cast(null as {{ dbt.type_string() }})
        ) as sent_click_id_type
    from parsed

)

select * from final
