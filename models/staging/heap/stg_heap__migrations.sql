{% set events = ref('base_heap__events') %}
{% set rows = raw_reader(source('heap', 'user_migrations'), 'heap', 'user_migrations') %}
{% set columns = source_columns(rows) %}
{% set ignored = ignored_values() %}
{# A migration is told by two ids; all else that an event has, it has not. #}
{% set own_columns = [
    'raw_file', 'raw_row_number', 'event_id', 'event_type', 'event_name', 'occurred_at', 'received_at', 'anonymous_id', 'platform',
    'is_in_app_browser', 'has_consent'
] %}

with migrations as (

    {{ rows_if_there(source('heap', 'user_migrations'), rows, events) }}

),

renamed as (

    select
        source_file as raw_file,
        source_row_number as raw_row_number,
        {{ first_sent(columns, ['from_user_id'], ignored) }} as from_user_id,
        {{ first_sent(columns, ['to_user_id'], ignored) }} as to_user_id,
        {{ time_of_any_type(columns, 'time') }} as migrated_at
    from migrations

),

final as (

    select
        raw_file,
        raw_row_number,
        case
            when from_user_id is not null or to_user_id is not null
                then {{ surrogate_key([
                    'from_user_id', 'to_user_id', dbt.datediff("'1970-01-01'", 'migrated_at', 'microsecond')
                ]) }}
        end as event_id,
        'alias' as event_type,
        'alias' as event_name,
        migrated_at as occurred_at,
        migrated_at as received_at,
        {{ hashed_if_address('from_user_id') }} as anonymous_id,
        'server' as platform,
        false as is_in_app_browser,
        true as has_consent,
        -- Events of the user that it became name themselves by the same key.
        {{ tokenised_columns(
            'heap', ignored, custom_key_rules('heap') | selectattr('key_type', 'eq', 'heap_user_id') | list,
            {'heap_user_id': 'to_user_id'}, except=own_columns,
            not_sent=canonical_columns() | reject('in', own_columns + ['source_name', 'space_id', 'custom_keys']) | list
        ) }}
    from renamed

)

select {{ canonical_columns() | join(', ') }} from final
