{% macro segment_calls_read(source_name, calls, ignored, has_passed_ip=false) -%}
    select
        {{ all_but(['anonymous_id', 'is_consent_given', 'is_told_bot', 'os_name', 'device_model']) }},
        -- A server may copy it from the cookie, where it stands in quotes.
        trim(replace(anonymous_id, '%22', ''), '"') as anonymous_id,
        lower(os_name) as os_name,
        lower(device_model) as device_model,
        {{ normalized_email('email_address') }} as email,
        {{ url_part('path', 'coalesce(sent_url, sent_path)') }} as page_path,
        -- The host is only wanted to tell whether the referrer is another.
        case when referrer is not null then {{ url_part('host', 'lower(sent_url)') }} end as page_host,
        {{ url_part('host', 'referrer') }} as referring_host,
        {{ user_agent_columns('user_agent') }},
        {{ link_columns(ignored, 'sent_{}') }},
        -- A server's own address is nobody's; RudderStack says which one was passed on.
        lower({{ known_value(client_ip(
            'case when anonymous_id is null then null when is_from_server then ' ~ ('passed_ip' if has_passed_ip else 'null') ~ ' else sent_ip end'
        ), ignored) }}) as ip_address,
        -- Refused categories are columns, or a JSON list, as text; missing means allowed.
        is_consent_given
        {%- for category in var(source_name ~ '_consent_categories') %}
            and {{ dbt.position("'\"" ~ category | lower ~ "\"'", "lower(coalesce(denied_consents, ''))") }} = 0
        {%- else %}
            and coalesce(replace(denied_consents, ' ', ''), '[]') = '[]'
        {%- endfor %} as has_consent,
        coalesce(lower(is_told_bot), 'false') in ('true', '1') as is_told_bot,
        -- Of an alias, the id before: an anonymous id or a user id, so that it is read as both.
        nullif({{ hashed_if_address('previous_id') }}, {{ hashed_if_address('user_id') }}) as previous_user_id
    from {{ calls }}
{%- endmacro %}
