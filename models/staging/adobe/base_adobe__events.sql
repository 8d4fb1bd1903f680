{% set columns = source_columns(source('adobe', 'hits')) %}
{% set key_rules = custom_key_rules('adobe') %}
{% set ignored = ignored_values() %}
{% set raw_names = raw_columns('adobe') %}
{# Of loads that write a null as text. #}
{% set null_text = sql_text('\\N') %}
{# What Adobe's own version leaves empty was taken out by it. #}
{% set numbers = {
    'hitid_high': ['hitid_high'], 'hitid_low': ['hitid_low'], 'visid_high': ['post_visid_high', 'visid_high'],
    'visid_low': ['post_visid_low', 'visid_low'], 'visid_type': ['post_visid_type', 'visid_type'], 'visit_number': ['visit_num'],
    'visit_page_number': ['visit_page_num'], 'visit_started_at': ['visit_start_time_gmt'], 'hit_time': ['hit_time_gmt'],
    'client_time': ['post_cust_hit_time_gmt', 'cust_hit_time_gmt'], 'exclusion': ['exclude_hit'], 'hit_origin': ['hit_source'],
    'link_type': ['post_page_event', 'page_event'], 'is_duplicate_purchase': ['duplicate_purchase'],
    'events': ['post_event_list' if 'post_event_list' in columns else 'event_list'], 'currency_rate': ['curr_rate']
} %}
{# What the hit sent goes first where Adobe's own version is cut off, converted, or kept from an earlier hit. #}
{% set texts = {
    'app_id': ['username'], 'app_name': ['post_mobileappid', 'mobileappid'], 'sent_page_url': ['page_url', 'post_page_url'],
    'sent_referrer': ['referrer', 'post_referrer'], 'agent': ['user_agent'], 'sent_products': ['product_list'],
    'converted_products': ['post_product_list'], 'tracking_code': ['campaign'], 'sent_phone': raw_names.phone,
    'sent_consent': ['has_consent'], 'app_source': ['mobilecampaignsource'], 'app_medium': ['mobilecampaignmedium'],
    'app_campaign': ['mobilecampaignname'], 'app_content': ['mobilecampaigncontent'], 'app_term': ['mobilecampaignterm']
} %}
{% set ids = {
    'cloud_id': ['mcvisid'], 'login': raw_names.user_id, 'sent_email': raw_names.email, 'account': raw_names.account_id,
    'purchase_id': ['purchaseid', 'post_purchaseid'] + raw_names.order_id, 'ip': ['ip', 'ip_address', 'ipaddress', 'ipv6'],
    'sent_currency': raw_names.currency
} %}
{% for rule in key_rules if rule.key_type != 'adobe_visitor_id' %}
    {% do ids.update({'custom_key_' ~ (key_rules.index(rule) + 1): [rule.key_type]}) %}
{% endfor %}
{# Properties are what Adobe reports, so its own version goes first. #}
{% set property_names = [
    'pagename', 'channel', 'page_type', 'page_event_var2', 'campaign', 'event_list', 'product_list', 'transactionid', 'mobileaction'
] %}
{% for kind, count in {'hier': 5, 'mvvar': 3, 'prop': 75, 'evar': 250}.items() %}
    {% for number in range(1, count + 1) %}
        {% do property_names.append(kind ~ number) %}
    {% endfor %}
{% endfor %}
{# category;product;quantity;price;events;eVars, where the price is that of all pieces. #}
{% set price = "nullif(trim(" ~ dbt.split_part('item', "';'", 4) ~ "), '')" %}
{% set amount = cast_or_null(price, type_decimal(18, 4)) %}
{% set properties = {} %}
{% for name in property_names if name in columns or 'post_' ~ name in columns %}
    {% do properties.update({name: 'property_' ~ name}) %}
{% endfor %}

with renamed as (

    select
        {% for name, candidates in dict(numbers, **dict(texts, **ids)).items() %}
            coalesce(
                {% for candidate in candidates if candidate in columns %}
                    {% set value = raw_column(columns, candidate) %}
                    {% if name in ids %}
                        {{ known_value(value, ignored, is_trimmed=true) }},
                    {% elif name in texts %}
                        nullif({{ value }}, {{ null_text }}),
                    {% else %}
                        -- A number that Adobe does not have is 0.
                        nullif(nullif({{ id_text(value, is_trimmed=true) }}, {{ null_text }}), '0'),
                    {% endif %}
                {% endfor %}
                cast(null as {{ dbt.type_string() }})
            ) as {{ name }},
        {% endfor %}
        {% for name, alias in properties.items() %}
            {% set column = 'post_' ~ name if 'post_' ~ name in columns else name %}
            nullif(nullif(cast({{ column }} as {{ dbt.type_string() }}), ''), {{ null_text }}) as {{ alias }},
        {% endfor %}
        {{ raw_file() }} as raw_file,
        {{ raw_row_number(source('adobe', 'hits')) }} as raw_row_number
    from {{ source('adobe', 'hits') }}
    where {{ raw_file() }} is not null

),

values_read as (

    select
        *,
        -- Each number of the list between commas, without the value or the serial number that may follow it.
        {{ regexp_replaced("',' || events || ','", '[=:][^,]*', '') }} as event_numbers,
        -- Written as mcvisid is: each half with 19 digits at least.
        right('0000000000000000000' || visid_high, greatest(19, length(visid_high)))
        || right('0000000000000000000' || visid_low, greatest(19, length(visid_low))) as visitor_id,
        -- A caret takes the meaning of the character after it.
        {{ regexp_replaced('coalesce(sent_products, converted_products)', '\\^[,;=^]', '') }} as products
    from renamed

),

final as (

    select
        {{ all_but(properties.values() | list) if properties else '*' }},
        {{ json_object(properties, is_sparse=true) }} as properties,
        coalesce(
            hitid_high || '-' || hitid_low,
            case
                when visitor_id is not null and hit_time is not null
                    then {{ surrogate_key(['visitor_id', 'visit_number', 'visit_page_number', 'hit_time']) }}
            end
        ) as hit_id,
        {{ list_sum("split(products, ',')", 'item', amount) }} as product_revenue,
        {{ list_sum(
            "split(products, ',')", 'item', 'case when ' ~ price ~ ' is not null and ' ~ amount ~ ' is null then 1 end'
        ) }} as unread_price_count
    from values_read

)

select * from final
