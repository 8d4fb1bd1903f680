{% set key_rules = custom_key_rules('adobe') %}
{% set ignored = ignored_values() %}
{% set address = "coalesce(sent_email, case when login like '%_@_%' then login end)" %}
{% set links = {
    'custom_link': ['10', '100'], 'download_link': ['11', '101'], 'exit_link': ['12', '102'], 'survey': ['40', '80'],
    'media': ['31', '32', '33', '76', '77', '78'] + range(50, 67) | map('string') | list
} %}

with hits as (

    select * from {{ ref('base_adobe__events') }}

),

url_parsed as (

    select
        * replace (coalesce({{ campaign_value('tracking_code') }}, app_campaign) as app_campaign),  -- noqa: RF02
        coalesce(event_numbers like '%,1,%' and lower(coalesce(is_duplicate_purchase, '')) not in ('1', 'true'), false) as is_purchase,
        -- Of ip and user agent, which strangers share.
        coalesce(visid_type = '1', false) as is_without_cookie,
        hit_id as event_id,
        login as user_id,
        account as account_id,
        purchase_id as order_id,
        visit_number || '-' || visit_started_at as source_session_id,
        {% for name, column in {'received_time': 'hit_time', 'event_time': 'client_time'}.items() %}
            coalesce({{ to_utc_timestamp(column, 'seconds') }}, {{ to_utc_timestamp(column) }}) as {{ name }},
        {% endfor %}
        -- An address of which Adobe was told to keep less is that of many, and a server's own that of nobody.
        case when coalesce(hit_origin, '') != '7' and not {{ regexp_matches('lower(ip)', "'x[.]x[.]x|[.]0$'") }} then lower(ip) end as ip_address,
        {{ normalized_email(address) }} as email,
        {{ id_text('sent_phone') }} as phone,
        {{ consent_given('sent_consent') }} as has_consent,
        case when sent_page_url like '%=%' then sent_page_url end as query_string,
        {{ url_part('path', 'sent_page_url') }} as page_path,
        case when sent_referrer is not null then {{ url_part('host', 'lower(sent_page_url)') }} end as page_host,
        {{ url_part('host', referrer_url('sent_referrer')) }} as referring_host,
        {{ user_agent_columns('agent') }}
    from hits

),

named as (

    select
        *,
        -- A page's address tells its campaign; what an app was opened with stands in for it.
        {{ link_columns(ignored, kept='app_{}') }},
        coalesce(
            case
                {% for event in var('adobe_event_names') %}
                    {% set number, name = event.split('=', 1) %}
                    when {{ 'is_purchase' if number == '1' else "event_numbers like '%," ~ number ~ ",%'" }} then {{ sql_text(name) }}
                {% endfor %}
            end,
            case
                when hit_origin in ('5', '7', '8', '9') then 'data_source'
                {% for name, numbers in links.items() %}
                    when link_type in ('{{ numbers | join("', '") }}') then '{{ name }}'
                {% endfor %}
                when link_type is not null then 'page_event_' || link_type
                when app_name is not null and sent_page_url is null then 'screen_view'
                else 'page_view'
            end
        ) as event_name
    from url_parsed

),

identified as (

    select
        *,
        -- A hit without cookie is whom its login or order names, or nobody: it is counted and never observed.
        case
            when cloud_id is not null or not is_without_cookie then coalesce(cloud_id, visitor_id)
            when coalesce(user_id, email, ehash, {{ phone_hash('phone') }}, order_id) is null then 'non-consent-' || event_id
        end as anonymous_id,
        case when not is_without_cookie then visitor_id end as trusted_visitor_id
    from named

),

final as (

    select
        raw_file,
        raw_row_number,
        case event_name when 'page_view' then 'page' when 'screen_view' then 'screen' else 'track' end as event_type,
        coalesce(event_time, received_time) as occurred_at,
        coalesce(received_time, event_time) as received_at,
        -- What is uploaded for an order that was placed is no visit.
        case when hit_origin = '7' then 'server' else agent_platform end as platform,
        agent_os as os,
        agent_browser as browser,
        is_in_app_browser,
        case when is_purchase and unread_price_count is null then {{ amount_or_null('product_revenue') }} end as revenue_amount,
        -- Adobe's own list is converted into the currency of the report suite, which the feed does not name.
        case when sent_products is not null or {{ cast_or_null('currency_rate', type_decimal(18, 4)) }} = 1 then upper(sent_currency) end
            as currency_code,
        case
            when {{ cast_or_null('exclusion', dbt.type_bigint()) }} > 0 then 'excluded_by_adobe: ' || exclusion
            when hit_origin in ('5', '8', '9') then 'summary_row: ' || hit_origin
            when {{ is_bot('agent') }} then 'bot'
            when is_purchase and unread_price_count is not null then 'wrong_type: revenue (product_list)'
        end as source_rejection_reason,
        {{ tokenised_columns(
            'adobe', ignored, key_rules, {'adobe_visitor_id': 'trusted_visitor_id'}, not_sent=['schema_version', 'device_id'],
            address=address
        ) }}
    from identified

)

select * from final
