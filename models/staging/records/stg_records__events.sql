{% set records = raw_reader(source('records', 'records'), 'records', 'records') %}
{% set columns = source_columns(records) %}
{% set key_rules, ignored = custom_key_rules('records'), ignored_values() %}
{% set merged_ids_properties = [
    'merged_record_ids', 'merged_object_ids', 'hs_merged_object_ids', 'mergedObjectIds', 'master_record_id', 'MasterRecordId'
] %}
{% set sent_lists = [json_text_of_any('valid_properties', merged_ids_properties)] %}
{# Of a list a warehouse gives no text. #}
{% for property in merged_ids_properties %}{% do sent_lists.append(json_part('valid_properties', '$.' ~ property)) %}{% endfor %}
{# So that contact us-7 of the channel crm is none of contact 7 of crm-us. #}
{% set key_channel = "replace(replace(channel, '~', '~1'), '-', '~0')" %}
{% set sensitive_properties = key_rules | selectattr('is_sensitive') | map(attribute='key_type') | list %}

with renamed as (

    select
        {{ raw_file() }} as raw_file,
        {{ raw_row_number(records) }} as raw_row_number,
        {% for name in ['channel', 'record_type', 'status'] %}
            lower({{ raw_column(columns, name) }}) as {{ name }},
        {% endfor %}
        {{ id_text(raw_column(columns, 'phone'), is_trimmed=true) }} as phone,
        {% for name in ['record_id', 'user_id', 'account_id'] %}
            {{ known_value(raw_column(columns, name), ignored, is_trimmed=true) }} as {{ name }},
        {% endfor %}
        {% for name in ['email', 'email_hash'] %}
            lower({{ known_value(raw_column(columns, name), ignored, is_trimmed=true) }}) as sent_{{ name }},
        {% endfor %}
        {% for name in ['recorded_at', 'received_at'] %}
            {{ to_utc_timestamp(name if name in columns else 'null') }} as {{ name }},
        {% endfor %}
        {{ consent_given(raw_column(columns, 'has_consent')) }} as has_consent,
        {{ raw_column(columns, 'merged_record_ids') }} as sent_merged_ids,
        {{ json_column(columns, 'properties') }} as properties,
        {{ json_part(json_column(columns, 'properties'), '$') }} as valid_properties
    from {{ records }}
    where {{ raw_file() }} is not null

),

identified as (

    select
        *,
        {{ normalized_email('sent_email') }} as email,
        {{ hashed_if_address('user_id') }} as known_user_id,
        {{ phone_hash('phone') }} as phone_hash,
        -- A list in any of the usual spellings: 12;34, 12,34, [12, 34], ["12", "34"].
        {{ regexp_replaced('coalesce(sent_merged_ids, ' ~ sent_lists | join(', ') ~ ')', '[\\s,;|"\'\\[\\](){}]+', ';') }} as merged_ids
    from renamed

),

hashed as (

    select
        *,
        channel as app_id,
        {% for rule in key_rules if rule.key_type != 'contact_id' %}
            {{ known_value(json_text('valid_properties', rule.key_type), ignored) }} as custom_key_{{ key_rules.index(rule) + 1 }},
        {% endfor %}
        -- A contact is one person. A ticket may pass from one to another.
        case
            when record_type in ('contact', 'customer', 'lead', 'person')
                then {{ key_channel }} || '-' || {{ hashed_if_address('record_id') }} || coalesce(
                    {{ list_text(
                        "split(merged_ids, ';')", 'merged_id',
                        "coalesce(chr(31) || " ~ key_channel ~ " || '-' || " ~ hashed_if_address(known_value('merged_id', ignored)) ~ ", '')"
                    ) }},
                    ''
                )
        end as contact_ids,
        coalesce({{ sent_email_hash('sent_email_hash', placeholder_hashes(ignored)) }}, {{ sha256_hex('email') }}) as email_hash
    from identified

),

final as (

    select
        raw_file,
        raw_row_number,
        -- Each version of a record is an event of its own.
        case
            when record_id is not null and channel is not null
                then {{ surrogate_key(['channel', 'record_id', dbt.datediff("'1970-01-01'", 'recorded_at', 'microsecond'), 'status']) }}
        end as event_id,
        'identify' as event_type,
        'record' as event_name,
        recorded_at as occurred_at,
        coalesce(received_at, recorded_at) as received_at,
        -- One id per customer of a channel, however many tickets they open.
        {{ without_addresses('channel') }} || '-' || {{ dbt.hash('coalesce(known_user_id, email_hash, phone_hash)') }} as anonymous_id,
        'server' as platform,
        false as is_in_app_browser,
        known_user_id as user_id,
        email_hash,
        phone_hash,
        has_consent,
        {{ json_object({
            'channel': without_addresses('channel'),
            'record_id': hashed_if_address('record_id'),
            'record_type': without_addresses('record_type'),
            'status': without_addresses('status'),
            'details': without_personal_data('properties', sensitive_properties)
        }) }} as properties,
        {{ tokenised_columns(
            'records', ignored, key_rules, {'contact_id': 'contact_ids'},
            except=['event_id', 'event_name', 'anonymous_id', 'user_id', 'email_hash', 'phone_hash', 'has_consent', 'properties'],
            not_sent=[
                'schema_version', 'device_id', 'os', 'browser', 'ip_token', 'click_id', 'click_id_type', 'source_session_id', 'utm_source',
                'utm_medium', 'utm_campaign', 'utm_content', 'utm_term', 'referrer_host', 'page_path', 'order_id', 'revenue_amount',
                'currency_code', 'source_rejection_reason'
            ]
        ) }}
    from hashed

)

select * from final
