{# Columns that Segment itself makes; all others but context_* are properties or traits. #}
{% set own_columns = [
    'id', 'anonymous_id', 'user_id', 'previous_id', 'group_id', 'event', 'event_text', 'received_at', 'sent_at',
    'original_timestamp', 'timestamp', 'uuid', 'uuid_ts', 'loaded_at', 'raw_file', 'file_row_number'
] %}
{# The names under which these columns are sent with any call; segment_call knows those of a table. #}
{% set texts = {
    'event_id': ['id'], 'event_name': ['event', 'event_text'], 'app_id': ['context_app_name'], 'user_agent': ['context_user_agent'],
    'library_name': ['context_library_name'], 'os_name': ['context_os_name'], 'device_model': ['context_device_model'],
    'is_told_bot': ['context_is_bot'], 'sent_ip': ['context_ip', 'context_request_ip'],
    'sent_url': ['context_page_url'], 'sent_search': ['context_page_search'], 'sent_path': ['context_page_path'],
    'sent_referrer': ['context_page_referrer'], 'sent_source': ['context_campaign_source'],
    'sent_medium': ['context_campaign_medium'], 'sent_campaign': ['context_campaign_name'],
    'sent_content': ['context_campaign_content'], 'sent_term': ['context_campaign_term']
} %}
{% set ids = {
    'anonymous_id': ['anonymous_id'], 'user_id': ['user_id'], 'previous_id': [], 'device_id': ['context_device_id'],
    'source_session_id': ['context_session_id'], 'account_id': ['context_group_id'], 'sent_email': ['context_traits_email'],
    'phone': ['context_traits_phone']
} %}
{% set ignored = ignored_values() %}

with calls as (

    {{ segment_calls('segment', own_columns, texts, ids) }}

),

calls_read as (

    {{ segment_calls_read('segment', 'calls', ignored) }}

),

final as (

    {{ segment_events('segment', 'calls_read', ignored) }}

)

select * from final
