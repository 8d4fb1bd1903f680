{% macro segment_events(source_name, calls, ignored) -%}
    select
        raw_file,
        raw_row_number,
        event_type,
        coalesce(
            corrected_at, {{ corrected_time('client_occurred_at', 'sent_at', 'received_at') }}, case when is_without_time then received_at end
        ) as occurred_at,
        coalesce(received_at, corrected_at, client_occurred_at) as received_at,
        {{ hashed_if_address('coalesce(previous_id, anonymous_id)') }} as anonymous_id,
        -- What an app's own library says goes before its user agent, which is the one of the system's web view.
        case
            when is_from_server then 'server'
            when os_name like 'ipados%' or device_model like 'ipad%' then 'tablet'
            when os_name in ('ios', 'iphone os', 'android') then 'phone'
            else agent_platform
        end as platform,
        case
            when os_name in ('ios', 'ipados', 'iphone os') then 'ios'
            when os_name in ('android', 'windows', 'linux') then os_name
            when os_name in ('mac os x', 'macos', 'mac os') then 'macos'
            else agent_os
        end as os,
        agent_browser as browser,
        is_in_app_browser,
        revenue_amount,
        currency_code,
        case
            when is_repeated then 'repeated_in_its_event_table'
            -- What a server reports with the agent of its own library is no bot's.
            when is_told_bot or (anonymous_id is not null and not is_from_server and {{ is_bot('user_agent') }}) then 'bot'
            else unread_revenue
        end as source_rejection_reason,
        {{ tokenised_columns(
            source_name, ignored, custom_key_rules(source_name) + [{'key_type': 'user_id', 'is_sensitive': false}],
            {'user_id': 'previous_user_id'}, except=['anonymous_id'], not_sent=['schema_version'], address='email_address'
        ) }}
    from {{ calls }}
{%- endmacro %}
