{% set columns = source_columns(source('amplitude', 'events')) %}
{% set merge_columns = source_columns(source('amplitude', 'merge_ids')) %}
{% set no_text = 'cast(null as ' ~ dbt.type_string() ~ ')' %}
{% set key_rules = custom_key_rules('amplitude') %}
{% set ignored = ignored_values() %}
{% set raw_names = raw_columns('amplitude') %}
{% set sensitive_properties = key_rules | selectattr('is_sensitive') | map(attribute='key_type') | list %}
{% set merge_rules = key_rules | selectattr('key_type', 'in', ['amplitude_id', 'amplitude_merged_id']) | list %}
{% set custom_key_columns = [] %}
{% for rule in key_rules %}
    {% do custom_key_columns.append('custom_key_' ~ loop.index) %}
{% endfor %}
{# The export's name of it is no name on a warehouse; groups is a word of SQL there. #}
{% set insert_id_columns = ['$insert_id', '_insert_id', 'insert_id'] | select('in', columns) | list %}
{% set click_id_name_pattern = '"(' ~ click_id_names() | join('|') ~ ')"\\s*:\\s*"[^"\\\\]' %}
{% set click_id_pattern = '"(?:' ~ click_id_names() | join('|') ~ ')"\\s*:\\s*"([^"\\\\]+)"' %}

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
        {{ raw_column(columns, 'uuid') }} as export_id,
        {{ trimmed('cast(sent_insert_id as ' ~ dbt.type_string() ~ ')') }} as device_event_id,
        -- Outside of a session Amplitude says -1.
        nullif({{ known_value(raw_column(columns, 'session_id'), ignored) }}, '-1') as source_session_id,
        {{ raw_column(columns, 'app') }} as app,
        {{ raw_column(columns, 'event_type') }} as sent_event_type,
        {{ to_utc_timestamp('event_time' if 'event_time' in columns else 'null') }} as event_time,
        {{ to_utc_timestamp('client_event_time' if 'client_event_time' in columns else 'null') }} as client_event_time,
        {{ to_utc_timestamp('client_upload_time' if 'client_upload_time' in columns else 'null') }} as client_upload_time,
        {{ to_utc_timestamp('server_received_time' if 'server_received_time' in columns else 'null') }}
            as server_received_time,
        {{ to_utc_timestamp('server_upload_time' if 'server_upload_time' in columns else 'null') }} as server_upload_time,
        {{ known_value(raw_column(columns, 'device_id'), ignored) }} as device_id,
        {{ known_value(raw_column(columns, 'user_id'), ignored) }} as user_id,
        cast(nullif({{ raw_column(columns, 'amplitude_id', dbt.type_bigint()) }}, 0) as {{ dbt.type_string() }})
            as amplitude_id,
        lower({{ known_value(raw_column(columns, 'ip_address'), ignored) }}) as ip_address,
        lower({{ raw_column(columns, 'platform') }}) as sent_platform,
        lower({{ raw_column(columns, 'os_name') }}) as os_name,
        lower({{ raw_column(columns, 'device_family') }}) as device_family,
        lower({{ raw_column(columns, 'device_type') }}) as device_type,
        {{ json_column(columns, 'event_properties') }} as event_properties,
        {{ json_column(columns, 'user_properties') }} as user_properties,
        {{ json_column(columns, 'group_properties') }} as group_properties,
        {{ json_column(['sent_groups'], 'sent_groups') }} as group_names,
        {{ json_column(columns, 'data') }} as amplitude_data
    from events

),

typed as (

    select
        *,
        case
            when sent_event_type = '$identify' then 'identify'
            when sent_event_type = '$groupidentify' then 'group'
            when sent_event_type = '[Amplitude] Page Viewed' then 'page'
            when sent_event_type = '[Amplitude] Screen Viewed' then 'screen'
            else 'track'
        end as event_type,
        coalesce(sent_platform = 'web', false) as is_web,
        coalesce(device_type, '') || ' ' || coalesce(device_family, '') as device,
        case when {{ is_json('event_properties') }} then event_properties end as valid_event_properties,
        case when {{ is_json('user_properties') }} then user_properties end as valid_user_properties,
        case when {{ is_json('group_names') }} then group_names end as valid_group_names,
        case when {{ is_json('amplitude_data') }} then amplitude_data end as valid_data
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
        {{ json_object_text('valid_user_properties', '$set') }} as properties_set,
        {{ json_text('valid_data', 'first_event') }} as is_first_event,
        {{ known_value(json_text('valid_data', 'merged_amplitude_id'), ignored) }}
            as merged_amplitude_id,
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
        {{ url_query('page_url') }} as query_string,
        coalesce({{ json_text_of_any('valid_event_properties', ['[Amplitude] Page Path']) }}, {{ url_path('page_url') }})
            as page_path,
        case when sent_referrer is not null then {{ url_host('lower(page_url)') }} end as page_host,
        {{ url_host(referrer_url('sent_referrer')) }} as referring_host
    from properties_chosen

),

properties_read as (

    select
        *,
        {% for rule in key_rules %}
            {% if rule.key_type == 'amplitude_id' %}
                amplitude_id
            {% elif rule.key_type == 'amplitude_merged_id' %}
                coalesce(merged_amplitude_id, amplitude_id)
            {% else %}
                {{ known_value(json_text('valid_properties', rule.key_type), ignored) }}
            {% endif %}
                as custom_key_{{ loop.index }},
        {% endfor %}
        {% for name in ['utm_source', 'utm_medium', 'utm_campaign', 'utm_content', 'utm_term'] %}
            {{ utm_value(
                name, 'query_string', [json_text_of_any('valid_event_properties', [name])],
                [json_text_of_any('campaign_properties', [name])]
            ) }} as {{ name }},
        {% endfor %}
        lower({{ known_value(url_parameter('query_string', ['ehash']), ignored) }}) as ehash,
        coalesce(
            {{ known_value(regexp_group('valid_event_properties', click_id_pattern), ignored) }},
            {{ known_value(url_click_id('query_string'), ignored) }},
            {{ known_value(regexp_group('campaign_properties', click_id_pattern), ignored) }}
        ) as sent_click_id,
        lower(coalesce(
            nullif({{ regexp_group('valid_event_properties', click_id_name_pattern) }}, ''),
            {{ url_click_id_type('query_string') }},
            nullif({{ regexp_group('campaign_properties', click_id_name_pattern) }}, '')
        )) as sent_click_id_type,
        coalesce(
            {{ known_value(json_text_of_any('valid_event_properties', raw_names.email), ignored) }},
            {{ known_value(json_text_of_any('properties_set', raw_names.email), ignored) }},
            {{ known_value(json_text_of_any('valid_user_properties', raw_names.email), ignored) }},
            -- Who logs in by address is told by it.
            case when user_id like '%_@_%' then user_id end
        ) as email_address,
        coalesce(
            {{ json_text_of_any('valid_event_properties', raw_names.phone) }},
            {{ json_text_of_any('properties_set', raw_names.phone) }},
            {{ json_text_of_any('valid_user_properties', raw_names.phone) }}
        ) as phone,
        coalesce(
            {% for group_type in raw_names.account_id %}
                {{ known_value(json_first_text('valid_group_names', group_type), ignored) }},
            {% endfor %}
            {{ no_text }}
        ) as account_id,
        coalesce(
            {{ json_text_of_any('valid_event_properties', ['has_consent']) }},
            {{ json_text_of_any('properties_set', ['has_consent']) }},
            {{ json_text_of_any('valid_user_properties', ['has_consent']) }}
        ) as sent_consent,
        {{ json_text_of_any('valid_event_properties', raw_names.order_id) }} as sent_order_id,
        {{ json_text_of_any('valid_event_properties', raw_names.revenue) }} as sent_revenue,
        {{ json_text_of_any('valid_event_properties', ['$price']) }} as sent_price,
        coalesce({{ json_text_of_any('valid_event_properties', ['$quantity']) }}, '1') as sent_quantity,
        {{ sent_currency(json_text_of_any('valid_event_properties', raw_names.currency), ignored) }} as currency_code
    from campaign_chosen

),

ids_known as (

    select
        *,
        {{ normalized_email('email_address') }} as email,
        {{ known_value('sent_order_id', ignored) }} as order_id
    from properties_read

),

canonical_events as (

    select
        raw_file,
        raw_row_number,
        coalesce(
            export_id,
            -- Amplitude itself takes an insert_id for unique within a device.
            case when device_event_id is not null then {{ surrogate_key(['app', 'device_id', 'device_event_id']) }} end
        ) as event_id,
        'amplitude' as source_name,
        {{ space_of('amplitude', 'app') }} as space_id,
        {{ without_addresses('app') }} as app_id,
        event_type,
        {{ without_addresses("case event_type
            when 'identify' then 'identify'
            when 'group' then 'group'
            when 'page' then 'page_view'
            when 'screen' then 'screen_view'
            else sent_event_type
        end") }} as event_name,
        {{ no_text }} as schema_version,
        -- Amplitude has corrected event_time for the client's clock.
        coalesce(
            event_time,
            {{ corrected_time('client_event_time', 'client_upload_time', 'server_received_time') }}
        ) as occurred_at,
        coalesce(server_received_time, server_upload_time, event_time, client_event_time) as received_at,
        {{ hashed_if_address('device_id') }} as anonymous_id,
        {{ hashed_if_address('device_id') }} as device_id,
        case
            when sent_platform = 'server' then 'server'
            when device like '%ipad%' or device like '%tablet%' or device like '%galaxy tab%' then 'tablet'
            when device like '%phone%' or sent_platform in ('ios', 'android') or os_name in ('ios', 'android') then 'phone'
            when is_web or device like '%windows%' or device like '%mac%' or device like '%linux%' then 'desktop'
        end as platform,
        case
            when sent_platform = 'ios' or os_name = 'ios' or device like '%iphone%' or device like '%ipad%' then 'ios'
            when sent_platform = 'android' or os_name = 'android' or device like '%android%' then 'android'
            when os_name like 'windows%' or device like '%windows%' then 'windows'
            when os_name like 'mac%' or device like '%mac%' then 'macos'
            when os_name = 'linux' or device like '%linux%' then 'linux'
            when os_name is not null then 'other'
        end as os,
        -- On the web os_name is the browser.
        case
            when not is_web then null
            when os_name like '%edge%' then 'edge'
            when os_name like '%opera%' then 'opera'
            when os_name like '%samsung%' then 'samsung'
            when os_name like '%firefox%' then 'firefox'
            when os_name like '%chrome%' then 'chrome'
            when os_name like '%safari%' then 'safari'
            when os_name is not null then 'other'
        end as browser,
        coalesce(is_web and os_name in ('facebook', 'instagram', 'tiktok', 'snapchat', 'pinterest', 'linkedin'), false)
            as is_in_app_browser,
        {{ hashed_if_address('user_id') }} as user_id,
        coalesce({{ sha256_hex('email') }}, {{ sent_email_hash('ehash', ignored) }}) as email_hash,
        {{ sha256_hex(email_domain('email')) }} as email_domain_hash,
        {{ phone_hash(id_text('phone')) }} as phone_hash,
        {{ hashed_if_address('account_id') }} as account_id,
        {{ token('ip_address') }} as ip_token,
        {{ hashed_if_address('sent_click_id') }} as click_id,
        {{ click_id_type('sent_click_id', 'sent_click_id_type') }} as click_id_type,
        {{ hashed_if_address('source_session_id') }} as source_session_id,
        {{ custom_keys(custom_key_columns, key_rules) }} as custom_keys,
        -- Missing means allowed; an answer that cannot be read does not.
        coalesce({{ cast_or_null('sent_consent', dbt.type_boolean()) }}, sent_consent is null)
        and lower(left(coalesce(device_id, ''), 12)) != 'non-consent-' as has_consent,
        lower({{ without_addresses('utm_source') }}) as utm_source,
        lower({{ without_addresses('utm_medium') }}) as utm_medium,
        {{ without_addresses('utm_campaign') }} as utm_campaign,
        {{ without_addresses('utm_content') }} as utm_content,
        {{ without_addresses('utm_term') }} as utm_term,
        {{ external_referrer('referring_host', 'page_host') }} as referrer_host,
        {{ without_addresses('page_path') }} as page_path,
        {{ hashed_if_address('order_id') }} as order_id,
        coalesce(
            {{ amount_or_null('sent_revenue') }},
            {{ cast_or_null(amount_or_null('sent_price') ~ ' * ' ~ amount_or_null('sent_quantity'), type_decimal(18, 4)) }}
        ) as revenue_amount,
        currency_code,
        {{ without_personal_data('properties', sensitive_properties) }} as properties,
        case
            when {{ amount_or_null('sent_price') }} is null then {{ unread_amount(['sent_revenue', 'sent_price'], ignored) }}
        end as source_rejection_reason
    from ids_known

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
        {{ raw_column(merge_columns, 'scope') }} as app,
        cast(nullif({{ raw_column(merge_columns, 'amplitude_id', dbt.type_bigint()) }}, 0) as {{ dbt.type_string() }})
            as amplitude_id,
        cast(nullif({{ raw_column(merge_columns, 'merged_amplitude_id', dbt.type_bigint()) }}, 0) as {{ dbt.type_string() }})
            as amplitude_merged_id,
        -- Milliseconds in files, timestamps on a warehouse.
        {% if 'merge_event_time' in merge_columns %}
            {{ to_utc_timestamp('merge_event_time') }} as occurred_at,
            {{ to_utc_timestamp('merge_server_time') }} as received_at
        {% else %}
            {{ timestamp_from_epoch(raw_column(merge_columns, 'merge_time'), 'milliseconds') }} as occurred_at,
            {{ timestamp_from_epoch(raw_column(merge_columns, 'merge_server_time'), 'milliseconds') }} as received_at
        {% endif %}
    from merge_ids

),

canonical_merges as (

    select
        raw_file,
        raw_row_number,
        case
            when amplitude_id is not null or amplitude_merged_id is not null
                then {{ surrogate_key(['app', 'amplitude_id', 'amplitude_merged_id', epoch_microseconds('occurred_at')]) }}
        end as event_id,
        'amplitude' as source_name,
        {{ space_of('amplitude', 'app') }} as space_id,
        {{ without_addresses('app') }} as app_id,
        'alias' as event_type,
        'alias' as event_name,
        {{ no_text }} as schema_version,
        coalesce(occurred_at, received_at) as occurred_at,
        coalesce(received_at, occurred_at) as received_at,
        -- Stands for the user that others were merged into; no device has such an id.
        'amplitude-' || amplitude_merged_id as anonymous_id,
        {{ no_text }} as device_id,
        'server' as platform,
        {{ no_text }} as os,
        {{ no_text }} as browser,
        false as is_in_app_browser,
        {{ no_text }} as user_id,
        {{ no_text }} as email_hash,
        {{ no_text }} as email_domain_hash,
        {{ no_text }} as phone_hash,
        {{ no_text }} as account_id,
        {{ no_text }} as ip_token,
        {{ no_text }} as click_id,
        {{ no_text }} as click_id_type,
        {{ no_text }} as source_session_id,
        {{ custom_keys(merge_rules | map(attribute='key_type') | list, merge_rules) }} as custom_keys,
        true as has_consent,
        {{ no_text }} as utm_source,
        {{ no_text }} as utm_medium,
        {{ no_text }} as utm_campaign,
        {{ no_text }} as utm_content,
        {{ no_text }} as utm_term,
        {{ no_text }} as referrer_host,
        {{ no_text }} as page_path,
        {{ no_text }} as order_id,
        {{ amount_or_null('null') }} as revenue_amount,
        {{ no_text }} as currency_code,
        {{ no_text }} as properties,
        {{ no_text }} as source_rejection_reason
    from merged_users

),

final as (

    select * from canonical_events
    union all
    select * from canonical_merges

)

select * from final
