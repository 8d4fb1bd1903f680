{% macro canonical_key_types() -%}
    {{ return([
        'user_id', 'email_hash', 'email_domain_hash', 'phone_hash', 'account_id',
        'ip_token', 'click_id', 'device_id', 'order_id'
    ]) }}
{%- endmacro %}
