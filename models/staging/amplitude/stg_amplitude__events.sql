{% set columns = source_columns(source('amplitude', 'events')) %}
{% set merge_columns = source_columns(source('amplitude', 'merge_ids')) %}
{% set key_rules = custom_key_rules('amplitude') %}
{% set ignored = ignored_values() %}
{% set raw_names = raw_columns('amplitude') %}
{# Keys that have a column of their own; any other is looked up in the properties. #}
{% set columns_of_keys = {'amplitude_id': 'amplitude_id', 'amplitude_merged_id': 'amplitude_merged_id'} %}
{# A merge is told by two ids; all else that an event has, it has not. #}
{% set columns_of_merges = [
    'raw_file', 'raw_row_number', 'event_id', 'event_type', 'event_name', 'occurred_at', 'received_at', 'anonymous_id', 'platform',
    'is_in_app_browser', 'has_consent'
] %}
{% set merge_rules = key_rules | selectattr('key_type', 'in', columns_of_keys) | list %}
{% set click_id_names = click_id_parameters() | map(attribute='name') | join('|') %}
{# The export's name of it is no name on a warehouse; groups is a word of SQL there. #}
{% set insert_id_columns = ['$insert_id', '_insert_id', 'insert_id'] | select('in', columns) | list %}
{% set click_id_name_pattern = '"(' ~ click_id_names ~ ')"\\s*:\\s*"[^"\\\\]' %}
{% set click_id_pattern = '"(?:' ~ click_id_names ~ ')"\\s*:\\s*"([^"\\\\]+)"' %}
{# Where a visitor's own value is looked for: it is told by the event, or set by it, or was set before. #}
{% set holders = ['valid_event_properties', 'properties_set', 'valid_user_properties'] %}
{% set sent_campaign = {} %}
{% set kept_campaign = {} %}
{% for name in ['utm_source', 'utm_medium', 'utm_campaign', 'utm_content', 'utm_term'] %}
    {% do sent_campaign.update({name: [json_text_of_any('valid_event_properties', [name])]}) %}
    {% do kept_campaign.update({name: [json_text_of_any('campaign_properties', [name])]}) %}
{% endfor %}

with events as (

    select
        *,
        {{ raw_file('event_time') }} as source_file,
        {{ raw_row_number(source('amplitude', 'events')) }} as source_row_number,
        {{ adapter.quote(insert_id_columns[0]) if insert_id_columns else 'null' }} as sent_insert_id,
        {{ adapter.quote('groups') if 'groups' in columns else 'null' }} as sent_groups
    from {{ source('amplitude', 'events') }}
    {% if target.type == 'bigquery' %}
        where {{ raw_file('event_time') }} is not null
    {% endif %}

),

renamed as (

    select
        source_file as raw_file,
        source_row_number as raw_row_number,
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
            {{ known_value(raw_column(columns, name), ignored) }} as {{ name }},
        {% endfor %}
        {% for name in ['event_properties', 'user_properties', 'group_properties', 'data'] %}
            {{ json_column(columns, name) }} as {{ name }},
        {% endfor %}
        {{ json_column(['sent_groups'], 'sent_groups') }} as group_names,
        {{ trimmed('cast(sent_insert_id as ' ~ dbt.type_string() ~ ')') }} as device_event_id,
        -- Outside of a session Amplitude says -1.
        nullif({{ known_value(raw_column(columns, 'session_id'), ignored) }}, '-1') as source_session_id,
        cast(nullif({{ raw_column(columns, 'amplitude_id', dbt.type_bigint()) }}, 0) as {{ dbt.type_string() }}) as amplitude_id,
        lower({{ known_value(raw_column(columns, 'ip_address'), ignored) }}) as ip_address
    from events

),

typed as (

    select
        *,
        {% for name in ['event_properties', 'user_properties', 'group_names', 'data'] %}
            case when {{ is_json(name) }} then {{ name }} end as valid_{{ name }},
        {% endfor %}
        case
            when sent_event_type = '$identify' then 'identify'
            when sent_event_type = '$groupidentify' then 'group'
            when sent_event_type = '[Amplitude] Page Viewed' then 'page'
            when sent_event_type = '[Amplitude] Screen Viewed' then 'screen'
            else 'track'
        end as event_type,
        coalesce(sent_platform = 'web', false) as is_web,
        coalesce(sent_device_type, '') || ' ' || coalesce(sent_device_family, '') as device
    from renamed

),

properties_chosen as (

    select
        *,
        -- What describes the visitor or the group is the subject of the rows that set it.
        case event_type
            when 'identify' then user_properties
            when 'group' then group_properties
            else event_properties
        end as properties,
        {{ json_part('valid_user_properties', '$."$set"') }} as properties_set,
        {{ json_text('valid_data', 'first_event') }} as is_first_event,
        coalesce({{ known_value(json_text('valid_data', 'merged_amplitude_id'), ignored) }}, amplitude_id) as amplitude_merged_id,
        {{ json_text_of_any(
            'valid_event_properties', ['[Amplitude] Page Location', '[Amplitude] Page URL', 'page_url']
        ) }} as page_url,
        {{ json_text_of_any('valid_event_properties', ['referrer', 'referring_domain']) }} as sent_referrer
    from typed

),

campaign_chosen as (

    select
        *,
        -- The user's properties keep a campaign for months. They tell one only where they are set.
        case
            when properties_set is not null then properties_set
            when is_first_event = 'true' then valid_user_properties
        end as campaign_properties,
        case when {{ is_json('properties') }} then properties end as valid_properties,
        case when page_url like '%=%' then page_url end as query_string,
        coalesce({{ json_text_of_any('valid_event_properties', ['[Amplitude] Page Path']) }}, {{ url_part('path', 'page_url') }})
            as page_path,
        case when sent_referrer is not null then {{ url_part('host', 'lower(page_url)') }} end as page_host,
        {{ url_part('host', referrer_url('sent_referrer')) }} as referring_host
    from properties_chosen

),

properties_read as (

    select
        *,
        {% for rule in key_rules if rule.key_type not in columns_of_keys %}
            {{ known_value(json_text('valid_properties', rule.key_type), ignored) }} as custom_key_{{ key_rules.index(rule) + 1 }},
        {% endfor %}
        {% for name, properties in {
            'sent_email': raw_names.email, 'sent_phone': raw_names.phone, 'sent_consent': ['has_consent']
        }.items() %}
            coalesce(
                {% for holder in holders %}
                    {% set value = json_text_of_any(holder, properties) %}
                    {{ known_value(value, ignored) if name == 'sent_email' else value }}{{ ',' if not loop.last }}
                {% endfor %}
            ) as {{ name }},
        {% endfor %}
        {{ link_columns(ignored, sent_campaign, kept_campaign) }},
        {% for holder in ['valid_event_properties', 'campaign_properties'] %}
            {{ known_value(regexp_group(holder, click_id_pattern), ignored) }} as click_id_of_{{ holder }},
            nullif({{ regexp_group(holder, click_id_name_pattern) }}, '') as click_id_type_of_{{ holder }},
        {% endfor %}
        coalesce(
            {% for group_type in raw_names.account_id %}
                {{ known_value(json_text('valid_group_names', [group_type, 0]), ignored) }},
                {{ known_value(json_text('valid_group_names', group_type), ignored) }},
            {% endfor %}
            cast(null as {{ dbt.type_string() }})
        ) as account_id,
        {{ known_value(json_text_of_any('valid_event_properties', raw_names.order_id), ignored) }} as order_id,
        {{ json_text_of_any('valid_event_properties', raw_names.revenue) }} as sent_revenue,
        {{ json_text_of_any('valid_event_properties', ['$price']) }} as sent_price,
        coalesce({{ json_text_of_any('valid_event_properties', ['$quantity']) }}, '1') as sent_quantity,
        {{ json_text_of_any('valid_event_properties', raw_names.currency) }} as sent_currency
    from campaign_chosen

),

ids_known as (

    select
        *,
        -- Who logs in by address is told by it.
        coalesce(sent_email, case when user_id like '%_@_%' then user_id end) as email_address,
        {{ id_text('sent_phone') }} as phone,
        coalesce(click_id_of_valid_event_properties, url_click_id, click_id_of_campaign_properties) as click_id,
        lower(coalesce(click_id_type_of_valid_event_properties, url_click_id_type, click_id_type_of_campaign_properties)) as click_id_type,
        -- Missing means allowed; an answer that cannot be read does not.
        coalesce({{ cast_or_null('sent_consent', dbt.type_boolean()) }}, sent_consent is null) as has_consent,
        {{ money_columns(['sent_revenue', 'sent_price'], 'sent_currency', ignored) }}
    from properties_read

),

emails_read as (

    select
        *,
        device_id as anonymous_id,
        {{ normalized_email('email_address') }} as email
    from ids_known

),

canonical_events as (

    select
        raw_file,
        raw_row_number,
        coalesce(
            export_id,
            -- Amplitude itself takes an insert_id for unique within a device.
            case when device_event_id is not null then {{ surrogate_key(['app_id', 'device_id', 'device_event_id']) }} end
        ) as event_id,
        event_type,
        {{ without_addresses("case event_type
            when 'identify' then 'identify'
            when 'group' then 'group'
            when 'page' then 'page_view'
            when 'screen' then 'screen_view'
            else sent_event_type
        end") }} as event_name,
        -- Amplitude has corrected event_time for the client's clock.
        coalesce(
            event_time,
            {{ corrected_time('client_event_time', 'client_upload_time', 'server_received_time') }}
        ) as occurred_at,
        coalesce(server_received_time, server_upload_time, event_time, client_event_time) as received_at,
        case
            when sent_platform = 'server' then 'server'
            when device like '%ipad%' or device like '%tablet%' or device like '%galaxy tab%' then 'tablet'
            when device like '%phone%' or sent_platform in ('ios', 'android') or sent_os_name in ('ios', 'android') then 'phone'
            when is_web or device like '%windows%' or device like '%mac%' or device like '%linux%' then 'desktop'
        end as platform,
        case
            when sent_platform = 'ios' or sent_os_name = 'ios' or device like '%iphone%' or device like '%ipad%' then 'ios'
            when sent_platform = 'android' or sent_os_name = 'android' or device like '%android%' then 'android'
            when sent_os_name like 'windows%' or device like '%windows%' then 'windows'
            when sent_os_name like 'mac%' or device like '%mac%' then 'macos'
            when sent_os_name = 'linux' or device like '%linux%' then 'linux'
            when sent_os_name is not null then 'other'
        end as os,
        -- On the web sent_os_name is the browser.
        case
            when not is_web then null
            when sent_os_name like '%edge%' then 'edge'
            when sent_os_name like '%opera%' then 'opera'
            when sent_os_name like '%samsung%' then 'samsung'
            when sent_os_name like '%firefox%' then 'firefox'
            when sent_os_name like '%chrome%' then 'chrome'
            when sent_os_name like '%safari%' then 'safari'
            when sent_os_name is not null then 'other'
        end as browser,
        coalesce(is_web and sent_os_name in ('facebook', 'instagram', 'tiktok', 'snapchat', 'pinterest', 'linkedin'), false)
            as is_in_app_browser,
        coalesce(
            {{ amount_or_null('sent_revenue') }},
            {{ cast_or_null('revenue_amount * ' ~ amount_or_null('sent_quantity'), type_decimal(18, 4)) }}
        ) as revenue_amount,
        currency_code,
        unread_revenue as source_rejection_reason,
        {{ tokenised_columns(
            'amplitude', ignored, key_rules, columns_of_keys, click_id='click_id', click_id_type='click_id_type',
            except=['event_id', 'event_name'], not_sent=['schema_version']
        ) }}
    from emails_read

),
merge_ids as (

    {% if has_raw_table(source('amplitude', 'merge_ids')) %}
        select
            *,
            {{ raw_file() }} as source_file,
            {{ raw_row_number(source('amplitude', 'merge_ids')) }} as source_row_number
        from {{ source('amplitude', 'merge_ids') }}
        {% if target.type == 'bigquery' %}
            where {{ raw_file() }} is not null
        {% endif %}
    {% else %}
        select
            {{ raw_file('event_time') }} as source_file,
            {{ raw_row_number(source('amplitude', 'events')) }} as source_row_number
        from {{ source('amplitude', 'events') }}
        where false
    {% endif %}

),

merged_users as (

    select
        source_file as raw_file,
        source_row_number as raw_row_number,
        {{ raw_column(merge_columns, 'scope') }} as app_id,
        {% for name, column in {'amplitude_id': 'amplitude_id', 'amplitude_merged_id': 'merged_amplitude_id'}.items() %}
            cast(nullif({{ raw_column(merge_columns, column, dbt.type_bigint()) }}, 0) as {{ dbt.type_string() }}) as {{ name }},
        {% endfor %}
        -- Milliseconds in files, timestamps on a warehouse.
        {% if 'merge_event_time' in merge_columns %}
            {{ to_utc_timestamp('merge_event_time') }} as occurred_at,
            {{ to_utc_timestamp('merge_server_time') }} as received_at
        {% else %}
            {{ to_utc_timestamp(raw_column(merge_columns, 'merge_time'), 'milliseconds') }} as occurred_at,
            {{ to_utc_timestamp(raw_column(merge_columns, 'merge_server_time'), 'milliseconds') }} as received_at
        {% endif %}
    from merge_ids

),

canonical_merges as (

    select
        raw_file,
        raw_row_number,
        case
            when amplitude_id is not null or amplitude_merged_id is not null
                then {{ surrogate_key(['app_id', 'amplitude_id', 'amplitude_merged_id', dbt.datediff("'1970-01-01'", 'occurred_at', 'microsecond')]) }}
        end as event_id,
        'alias' as event_type,
        'alias' as event_name,
        coalesce(occurred_at, received_at) as occurred_at,
        coalesce(received_at, occurred_at) as received_at,
        -- Stands for the user that others were merged into; no device has such an id.
        'amplitude-' || amplitude_merged_id as anonymous_id,
        'server' as platform,
        false as is_in_app_browser,
        true as has_consent,
        {{ tokenised_columns(
            'amplitude', ignored, merge_rules, columns_of_keys, except=columns_of_merges,
            not_sent=canonical_columns() | reject('in', columns_of_merges + ['source_name', 'space_id', 'app_id', 'custom_keys']) | list
        ) }}
    from merged_users

),

final as (

    {% for events in ['canonical_events', 'canonical_merges'] %}
        select {{ canonical_columns() | join(', ') }}
        from {{ events }}
        {{ 'union all' if not loop.last }}
    {% endfor %}

)

select * from final
