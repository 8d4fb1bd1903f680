{% set columns = source_columns(source('amplitude', 'events')) %}
{% set key_rules = custom_key_rules('amplitude') %}
{% set ignored = ignored_values() %}
{% set raw_names = raw_columns('amplitude') %}
{# The export's name of it is no name on a warehouse; groups is a word of SQL there. #}
{% set insert_id_columns = ['$insert_id', '_insert_id', 'insert_id'] | select('in', columns) | list %}
{% set click_ids = click_id_parameters() | map(attribute='name') | join('|') %}
{# What the vendor itself says the visitor came by last: its trackers keep it with the user. #}
{% set reported = json_object({
    'reported_source': json_text_of_any('valid_user_properties', ['utm_source']),
    'reported_medium': json_text_of_any('valid_user_properties', ['utm_medium'])
}, is_sparse=true) %}
{% set names_of_texts = {
    'page_url': ['[Amplitude] Page Location', '[Amplitude] Page URL', 'page_url'], 'sent_page_path': ['[Amplitude] Page Path'],
    'sent_referrer': ['referrer', 'referring_domain'], 'sent_revenue': raw_names.revenue, 'sent_price': ['$price'],
    'sent_quantity': ['$quantity'], 'sent_currency': raw_names.currency
} %}

with renamed as (

    select
        {{ raw_file('event_time') }} as raw_file,
        {{ raw_row_number(source('amplitude', 'events')) }} as raw_row_number,
        {% for name, column in {'export_id': 'uuid', 'app_id': 'app', 'sent_event_type': 'event_type'}.items() %}
            {{ raw_column(columns, column) }} as {{ name }},
        {% endfor %}
        {% for name in ['platform', 'os_name', 'device_family', 'device_type'] %}
            lower({{ raw_column(columns, name) }}) as sent_{{ name }},
        {% endfor %}
        {% for name in ['event_time', 'client_event_time', 'client_upload_time', 'server_received_time', 'server_upload_time'] %}
            {{ to_utc_timestamp(name if name in columns else 'null') }} as {{ name }},
        {% endfor %}
        {% for name in ['device_id', 'user_id'] %}
            {{ known_value(raw_column(columns, name), ignored, is_trimmed=true) }} as {{ name }},
        {% endfor %}
        {% for name in ['event_properties', 'user_properties', 'group_properties', 'data'] %}
            {{ json_column(columns, name) }} as {{ name }},
        {% endfor %}
        {{ json_column(columns, 'groups') }} as group_names,
        {{ trimmed('cast(' ~ (adapter.quote(insert_id_columns[0]) if insert_id_columns else 'null') ~ ' as ' ~ dbt.type_string() ~ ')') }}
            as device_event_id,
        -- Outside of a session Amplitude says -1.
        nullif({{ known_value(raw_column(columns, 'session_id'), ignored, is_trimmed=true) }}, '-1') as source_session_id,
        cast(nullif({{ raw_column(columns, 'amplitude_id', dbt.type_bigint()) }}, 0) as {{ dbt.type_string() }}) as amplitude_id,
        lower({{ known_value(raw_column(columns, 'ip_address'), ignored, is_trimmed=true) }}) as sent_ip_address
    from {{ source('amplitude', 'events') }}
    where {{ raw_file('event_time') }} is not null

),

typed as (

    select
        {% for name in ['event_properties', 'user_properties', 'group_properties', 'group_names', 'data'] %}
            case when {{ is_json(name) }} then {{ name }} end as valid_{{ name }},
        {% endfor %}
        *
    from renamed

),

properties_chosen as (

    select
        *,
        {# What describes the visitor or the group is the subject of the rows that set it. #}
        {% for prefix in ['', 'valid_'] %}
            case sent_event_type
                when '$identify' then {{ prefix }}user_properties
                when '$groupidentify' then {{ prefix }}group_properties
                else {{ prefix }}event_properties
            end as {{ prefix }}properties,
        {% endfor %}
        {{ json_part('valid_user_properties', '$."$set"') }} as properties_set,
        -- The user's properties keep a campaign for months. They tell one only where they are set.
        coalesce(
            {{ json_part('valid_user_properties', '$."$set"') }},
            case when {{ json_text('valid_data', 'first_event') }} = 'true' then valid_user_properties end
        ) as campaign_properties
    from typed

),

final as (

    select
        * replace (  -- noqa: RF02
            case
                when sent_event_type in ('$identify', '$groupidentify') or {{ reported }} is null then properties
                when properties is null or left(valid_properties, 1) = '{'
                    then '{' || array_to_string([
                        nullif(trim(substr(valid_properties, 2, length(valid_properties) - 2)), ''),
                        substr({{ reported }}, 2, length({{ reported }}) - 2)
                    ], ',') || '}'
                else properties
            end as properties
        ),
        {% for name, properties in names_of_texts.items() %}
            {{ json_text_of_any('valid_event_properties', properties) }} as {{ name }},
        {% endfor %}
        {# An event may tell of somebody else's address, unless nobody sent it; what is set, or was set before, is the visitor's own. #}
        {% set told = "case when coalesce(device_id, user_id) is null then valid_event_properties end" %}
        {% for name, names in {'sent_email': raw_names.email, 'sent_phone': raw_names.phone, 'sent_consent': ['has_consent']}.items() %}
            coalesce(
                {% for holder in ['valid_event_properties' if name == 'sent_consent' else told, 'properties_set', 'valid_user_properties'] %}
                    {% set value = json_text_of_any(holder, names) %}
                    {{ known_value(value, ignored) if name == 'sent_email' else value }}{{ ',' if not loop.last }}
                {% endfor %}
            ) as {{ name }},
        {% endfor %}
        {% for place, holder in {'sent': 'valid_event_properties', 'kept': 'campaign_properties'}.items() %}
            {{ known_value(regexp_group(holder, '"(?:' ~ click_ids ~ ')"\\s*:\\s*"([^"\\\\]+)"'), ignored) }} as {{ place }}_click_id,
            nullif({{ regexp_group(holder, '"(' ~ click_ids ~ ')"\\s*:\\s*"[^"\\\\]') }}, '') as {{ place }}_click_id_type,
            {% for name in ['source', 'medium', 'campaign', 'content', 'term'] %}
                {{ json_text_of_any(holder, ['utm_' ~ name]) }} as {{ place }}_{{ name }},
            {% endfor %}
        {% endfor %}
        {% for rule in key_rules if rule.key_type not in ['amplitude_id', 'amplitude_merged_id'] %}
            {{ known_value(json_text('valid_properties', rule.key_type), ignored) }} as custom_key_{{ key_rules.index(rule) + 1 }},
        {% endfor %}
        coalesce(
            {% for group_type in raw_names.account_id %}
                {{ known_value(json_text('valid_group_names', [group_type, 0]), ignored) }},
                {{ known_value(json_text('valid_group_names', group_type), ignored) }},
            {% endfor %}
            cast(null as {{ dbt.type_string() }})
        ) as account_id,
        {{ known_value(json_text_of_any('valid_event_properties', raw_names.order_id), ignored) }} as order_id,
        coalesce({{ known_value(json_text('valid_data', 'merged_amplitude_id'), ignored) }}, amplitude_id) as amplitude_merged_id
    from properties_chosen

)

select * from final
