{% set events = ref('base_heap__events') %}
{% set rows = raw_reader(source('heap', 'users'), 'heap', 'users') %}
{% set columns = source_columns(rows) %}
{% set key_rules = custom_key_rules('heap') %}
{% set ignored = ignored_values() %}
{% set raw_names = raw_columns('heap') %}
{# Who is identified by address is told by it. #}
{% set address = "coalesce(sent_email, case when user_id like '%_@_%' then user_id end)" %}
{% set properties = {} %}
{% for column in columns | sort if column not in [
    'user_id', 'identity', 'handle', 'joindate', 'last_modified', 'has_consent', 'raw_file', 'file_row_number'
] %}
    {% do properties.update({column: quoted_column(column)}) %}
{% endfor %}
{% set told = ['anonymous_id', 'known_user_id', sha256_hex('email'), phone_hash('phone'), hashed_if_address('account_id'), 'sent_consent',
    dbt.datediff("'1970-01-01'", 'known_at', 'microsecond')] %}
{% for rule in key_rules if rule.key_type != 'heap_user_id' %}
    {% do told.append(token('custom_key_' ~ (key_rules.index(rule) + 1))) %}
{% endfor %}
{# A state of a user is no visit. #}
{% set not_sent = canonical_columns() | reject('in', [
    'raw_file', 'raw_row_number', 'event_id', 'source_name', 'space_id', 'event_type', 'event_name', 'occurred_at', 'received_at',
    'anonymous_id', 'platform', 'is_in_app_browser', 'user_id', 'email_hash', 'email_domain_hash', 'phone_hash', 'account_id',
    'custom_keys', 'has_consent', 'properties'
]) | list %}

with users as (

    {{ rows_if_there(source('heap', 'users'), rows, events) }}

),

renamed as (

    select
        source_file as raw_file,
        source_row_number as raw_row_number,
        {{ time_of_any_type(columns, 'joindate') }} as joined_at,
        {{ time_of_any_type(columns, 'last_modified') }} as modified_at,
        {{ raw_column(columns, 'has_consent') }} as sent_consent,
        {{ first_sent(columns, ['user_id'], ignored) }} as anonymous_id,
        -- An older export names the identity so; beside one, a handle is a name to be shown.
        coalesce(
            {{ first_sent(columns, ['identity'], ignored) }},
            case
                when count({{ 'identity' if 'identity' in columns else 'null' }}) over (partition by source_file) = 0
                    then {{ first_sent(columns, ['handle'], ignored) }}
            end
        ) as user_id,
        {% for name, canonical_column in {'sent_email': 'email', 'phone': 'phone', 'account_id': 'account_id'}.items() %}
            {{ first_sent(columns, raw_names[canonical_column], ignored) }} as {{ name }},
        {% endfor %}
        {% for rule in key_rules if rule.key_type != 'heap_user_id' %}
            {{ first_sent(columns, [rule.key_type], ignored) }} as custom_key_{{ key_rules.index(rule) + 1 }},
        {% endfor %}
        {{ json_object(properties, is_sparse=true) }} as properties
    from users

),

identified as (

    select
        *,
        coalesce(modified_at, joined_at) as known_at,
        {{ hashed_if_address('user_id') }} as known_user_id,
        {{ normalized_email(address) }} as email,
        {{ consent_given('sent_consent') }} as has_consent
    from renamed

),

final as (

    select
        raw_file,
        raw_row_number,
        -- Each state that tells something else is an event of its own.
        case when anonymous_id is not null then {{ surrogate_key(told) }} end as event_id,
        'identify' as event_type,
        'identify' as event_name,
        known_at as occurred_at,
        known_at as received_at,
        'server' as platform,
        false as is_in_app_browser,
        known_user_id as user_id,
        {{ tokenised_columns(
            'heap', ignored, key_rules, {'heap_user_id': 'anonymous_id'}, email_hashes=['email'],
            except=['event_id', 'event_name', 'user_id'], not_sent=not_sent, address=address
        ) }}
    from identified

)

select {{ canonical_columns() | join(', ') }} from final
