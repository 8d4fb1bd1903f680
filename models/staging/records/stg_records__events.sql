{% set columns = source_columns(source('records', 'records')) %}
{% set key_rules = custom_key_rules('records') %}
{% set ignored = ignored_values() %}
{% set merged_ids_properties = [
    'merged_record_ids', 'merged_object_ids', 'hs_merged_object_ids', 'mergedObjectIds', 'master_record_id', 'MasterRecordId'
] %}
{% set sensitive_properties = key_rules | selectattr('is_sensitive') | map(attribute='key_type') | list %}
{% set custom_key_columns = [] %}
{% for rule in key_rules %}
    {% do custom_key_columns.append('contact_ids' if rule.key_type == 'contact_id' else 'custom_key_' ~ loop.index) %}
{% endfor %}

with source as (

    select
        *,
        {{ raw_file() }} as source_file,
        {{ raw_row_number(source('records', 'records')) }} as source_row_number
    from {{ source('records', 'records') }}
    {% if target.type == 'bigquery' %}
        where {{ raw_file() }} is not null
    {% endif %}

),

renamed as (

    select
        source_file as raw_file,
        source_row_number as raw_row_number,
        {{ id_text(raw_column(columns, 'record_id')) }} as record_id,
        lower({{ raw_column(columns, 'channel') }}) as channel,
        lower({{ raw_column(columns, 'record_type') }}) as record_type,
        lower({{ raw_column(columns, 'status') }}) as status,
        {{ to_utc_timestamp('recorded_at') }} as recorded_at,
        {{ to_utc_timestamp('received_at' if 'received_at' in columns else 'null') }} as received_at,
        {{ known_value(raw_column(columns, 'user_id'), ignored) }} as user_id,
        lower({{ known_value(raw_column(columns, 'email'), ignored) }}) as email_address,
        lower({{ known_value(raw_column(columns, 'email_hash'), ignored) }}) as sent_email_hash,
        {{ id_text(raw_column(columns, 'phone')) }} as phone,
        {{ known_value(raw_column(columns, 'account_id'), ignored) }} as account_id,
        coalesce(
            {{ raw_column(columns, 'has_consent', dbt.type_boolean()) }},
            {{ raw_column(columns, 'has_consent') }} is null
        ) as has_consent,
        {{ raw_column(columns, 'merged_record_ids') }} as sent_merged_ids,
        {{ json_column(columns, 'properties') }} as properties
    from source

),

identified as (

    select
        *,
        {{ normalized_email('email_address') }} as email,
        {{ hashed_if_address('user_id') }} as known_user_id,
        {{ phone_hash('phone') }} as phone_hash,
        case when {{ is_json('properties') }} then properties end as valid_properties
    from renamed

),

merges_read as (

    select
        *,
        -- A list in any of the usual spellings: 12;34, 12,34, [12, 34], ["12", "34"].
        nullif({{ regexp_replaced(
            "coalesce(sent_merged_ids, " ~ json_text_of_any('valid_properties', merged_ids_properties) ~ ")", '[^A-Za-z0-9_-]+', ';'
        ) }}, ';') as merged_ids
    from identified

),

hashed as (

    select
        *,
        {% for rule in key_rules if rule.key_type != 'contact_id' %}
            {{ known_value(json_text('valid_properties', rule.key_type), ignored) }}
                as custom_key_{{ key_rules.index(rule) + 1 }},
        {% endfor %}
        -- A contact is one person. A ticket may pass from one to another.
        case
            when record_type in ('contact', 'customer', 'lead', 'person')
                then channel || '-' || {{ id_text('record_id') }}
                    || coalesce(
                        {{ value_separator() }} || channel || '-'
                        || replace(trim(merged_ids, ';'), ';', {{ value_separator() }} || channel || '-'),
                        ''
                    )
        end as contact_ids,
        coalesce({{ sent_email_hash('sent_email_hash', ignored) }}, {{ sha256_hex('email') }}) as email_hash
    from merges_read

),

final as (

    select
        raw_file,
        raw_row_number,
        -- Each version of a record is an event of its own.
        case
            when record_id is not null and channel is not null
                then {{ surrogate_key(['channel', 'record_id', epoch_microseconds('recorded_at'), 'status']) }}
        end as event_id,
        'records' as source_name,
        {{ space_of('records', 'channel') }} as space_id,
        {{ without_addresses('channel') }} as app_id,
        'identify' as event_type,
        'record' as event_name,
        recorded_at as occurred_at,
        coalesce(received_at, recorded_at) as received_at,
        -- One id per customer of a channel, however many tickets they open.
        {{ without_addresses('channel') }} || '-' || {{ dbt.hash('coalesce(known_user_id, email_hash, phone_hash)') }}
            as anonymous_id,
        'server' as platform,
        false as is_in_app_browser,
        known_user_id as user_id,
        email_hash,
        {{ sha256_hex(email_domain('email')) }} as email_domain_hash,
        phone_hash,
        {{ hashed_if_address('account_id') }} as account_id,
        {{ custom_keys(custom_key_columns, key_rules) }} as custom_keys,
        has_consent,
        {{ amount_or_null('null') }} as revenue_amount,
        {{ json_object({
            'channel': without_addresses('channel'),
            'record_id': hashed_if_address('record_id'),
            'record_type': without_addresses('record_type'),
            'status': without_addresses('status'),
            'details': without_personal_data('properties', sensitive_properties)
        }) }} as properties,
        {{ not_sent([
            'schema_version', 'device_id', 'os', 'browser', 'ip_token', 'click_id', 'click_id_type', 'source_session_id', 'utm_source',
            'utm_medium', 'utm_campaign', 'utm_content', 'utm_term', 'referrer_host', 'page_path', 'order_id', 'currency_code',
            'source_rejection_reason'
        ]) }}
    from hashed

)

select * from final
