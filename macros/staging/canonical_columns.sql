{% macro canonical_columns() -%}
    {#- What every stg_<source>__events gives. -#}
    {{ return([
        'raw_file', 'raw_row_number', 'event_id', 'source_name', 'space_id', 'app_id', 'event_type', 'event_name', 'schema_version',
        'occurred_at', 'received_at', 'anonymous_id', 'device_id', 'platform', 'os', 'browser', 'is_in_app_browser', 'user_id',
        'email_hash', 'email_domain_hash', 'phone_hash', 'account_id', 'ip_token', 'click_id', 'click_id_type', 'source_session_id',
        'custom_keys', 'has_consent',
        'utm_source', 'utm_medium', 'utm_campaign', 'utm_content', 'utm_term', 'referrer_host', 'page_path', 'order_id',
        'revenue_amount', 'currency_code', 'properties', 'source_rejection_reason'
    ]) }}
{%- endmacro %}
