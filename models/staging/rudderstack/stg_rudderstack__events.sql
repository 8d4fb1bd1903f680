{# Columns that RudderStack itself makes; all others but context_* are properties or traits. #}
{% set own_columns = [
    'id', 'anonymous_id', 'user_id', 'previous_id', 'group_id', 'event', 'event_text', 'received_at', 'sent_at',
    'original_timestamp', 'timestamp', 'channel', 'uuid_ts', 'loaded_at', 'rudder_event', 'raw_file', 'file_row_number'
] %}
{% set ignored = ignored_values() %}

with calls as (

    {{ segment_calls('rudderstack', own_columns) }}

),

calls_read as (

    {{ segment_calls_read('rudderstack', 'calls', ignored) }}

),

final as (

    {{ segment_events('rudderstack', 'calls_read', ignored) }}

)

select * from final
