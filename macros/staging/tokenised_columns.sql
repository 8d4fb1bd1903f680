{% macro tokenised_columns(
    source_name, ignored, key_rules, key_columns={}, email_hashes=['email', 'ehash'], click_id='url_click_id', click_id_type='url_click_id_type',
    except=[], not_sent=[], address='sent_email'
) -%}
    {#- Here, and for all sources alike, nothing personal is left. Each column is made of the one of its name, as it was sent. -#}
    {%- set hashes, placeholders = [], placeholder_hashes(ignored) if 'email_hash' not in except and email_hashes != ['email'] else '' -%}
    {%- for name in email_hashes -%}
        {%- do hashes.append(sha256_hex(name) if name == 'email' else sent_email_hash(name, placeholders)) -%}
    {%- endfor -%}
    {%- set columns = {
        'source_name': sql_text(source_name),
        'space_id': space_of(source_name) if 'app_id' in not_sent else space_of(source_name, 'app_id'),
        'custom_keys': custom_keys(key_rules, key_columns, ad_platform_values(
            address if 'email' in email_hashes and 'email_hash' not in not_sent, 'phone' if 'phone_hash' not in not_sent
        )),
        'has_consent': "has_consent and lower(left(coalesce(anonymous_id, ''), 12)) != 'non-consent-'",
        'email_hash': 'coalesce(' ~ hashes | join(', ') ~ ')',
        'email_domain_hash': sha256_hex('nullif(' ~ dbt.split_part('email', "'@'", -1) ~ ", '')"),
        'phone_hash': phone_hash('phone'),
        'ip_token': token('ip_address'),
        'click_id': hashed_if_address(click_id),
        'click_id_type': click_id_type_of(click_id, click_id_type, 'click_id' not in not_sent),
        'referrer_host': external_referrer('referring_host', 'page_host'),
        'properties': without_personal_data('properties', key_rules | selectattr('is_sensitive') | map(attribute='key_type') | list)
    } -%}
    {%- set ids = ['event_id', 'anonymous_id', 'device_id', 'user_id', 'account_id', 'source_session_id', 'order_id'] -%}
    {%- for name in ids + ['app_id', 'event_name', 'page_path', 'utm_source', 'utm_medium', 'utm_campaign', 'utm_content', 'utm_term'] -%}
        {%- do columns.update({name: hashed_if_address(name) if name in ids else without_addresses(name)}) -%}
    {%- endfor -%}
    {%- for name in not_sent -%}
        {%- do columns.update({name: amount_or_null([]) if name == 'revenue_amount' else 'cast(null as ' ~ dbt.type_string() ~ ')'}) -%}
    {%- endfor -%}
    {%- for name, value in columns.items() if name not in except %}
    {{ value }} as {{ name }}{{ "," if not loop.last }}
    {%- endfor %}
{%- endmacro %}
