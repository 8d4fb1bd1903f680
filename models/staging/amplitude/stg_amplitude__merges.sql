{% set columns = source_columns(source('amplitude', 'merge_ids')) %}
{% set events = ref('base_amplitude__events') %}
{% set ignored = ignored_values() %}
{# A merge is told by two ids; all else that an event has, it has not. #}
{% set keys = ['amplitude_id', 'amplitude_merged_id'] %}
{% set own_columns = [
    'raw_file', 'raw_row_number', 'event_id', 'event_type', 'event_name', 'occurred_at', 'received_at', 'anonymous_id', 'platform',
    'is_in_app_browser', 'has_consent'
] %}

with merge_ids as (

    {{ rows_if_there(source('amplitude', 'merge_ids'), source('amplitude', 'merge_ids'), events) }}

),

renamed as (

    select
        source_file as raw_file,
        source_row_number as raw_row_number,
        {{ raw_column(columns, 'scope') }} as app_id,
        {% for name, column in {'amplitude_id': 'amplitude_id', 'amplitude_merged_id': 'merged_amplitude_id'}.items() %}
            cast(nullif({{ raw_column(columns, column, dbt.type_bigint()) }}, 0) as {{ dbt.type_string() }}) as {{ name }},
        {% endfor %}
        -- Milliseconds in files, timestamps on a warehouse.
        {% if 'merge_event_time' in columns %}
            {{ to_utc_timestamp('merge_event_time') }} as merged_at,
            {{ to_utc_timestamp('merge_server_time') }} as noted_at
        {% else %}
            {{ to_utc_timestamp(raw_column(columns, 'merge_time'), 'milliseconds') }} as merged_at,
            {{ to_utc_timestamp(raw_column(columns, 'merge_server_time'), 'milliseconds') }} as noted_at
        {% endif %}
    from merge_ids

),

final as (

    select
        raw_file,
        raw_row_number,
        case
            when amplitude_id is not null or amplitude_merged_id is not null
                then {{ surrogate_key([
                    'app_id', 'amplitude_id', 'amplitude_merged_id', dbt.datediff("'1970-01-01'", 'merged_at', 'microsecond')
                ]) }}
        end as event_id,
        'alias' as event_type,
        'alias' as event_name,
        coalesce(merged_at, noted_at) as occurred_at,
        coalesce(noted_at, merged_at) as received_at,
        -- Stands for the user that others were merged into; no device has such an id.
        'amplitude-' || amplitude_merged_id as anonymous_id,
        'server' as platform,
        false as is_in_app_browser,
        true as has_consent,
        {{ tokenised_columns(
            'amplitude', ignored, custom_key_rules('amplitude') | selectattr('key_type', 'in', keys) | list,
            {'amplitude_id': 'amplitude_id', 'amplitude_merged_id': 'amplitude_merged_id'}, except=own_columns,
            not_sent=canonical_columns() | reject('in', own_columns + ['source_name', 'space_id', 'app_id', 'custom_keys']) | list
        ) }}
    from renamed

)

select {{ canonical_columns() | join(', ') }} from final
