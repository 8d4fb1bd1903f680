{# Columns that Segment itself makes; all others but context_* are properties or traits. #}
{% set own_columns = [
    'id', 'anonymous_id', 'user_id', 'previous_id', 'group_id', 'event', 'event_text', 'received_at', 'sent_at',
    'original_timestamp', 'timestamp', 'uuid', 'uuid_ts', 'loaded_at', 'raw_file', 'file_row_number'
] %}
{% set ignored = ignored_values() %}

with calls as (

    {{ segment_calls('segment', own_columns, ['context_group_id']) }}

),

calls_read as (

    {{ segment_calls_read('segment', 'calls', ignored) }}

),

final as (

    {{ segment_events('segment', 'calls_read', ignored) }}

)

select * from final
