{{ config(materialized='view') }}
{% set iso_pattern = "'^(?:" ~ iso_currencies() | join('|') ~ ")$'" %}

with sent as (

    {% for source_name in var('event_sources') %}
        {% set new_files = new_raw_files(source_name) %}
        select
            cast(raw_file as {{ dbt.type_string() }}) as raw_file,
            {{ canonical_columns() | reject('eq', 'raw_file') | join(', ') }}
        from {{ ref('stg_' ~ source_name ~ '__events') }}
        {% if new_files is not none %}
            -- Where there is nothing new, DuckDB need not plan how it would be read.
            where raw_file in ({{ new_files | join(', ') }}) {{ 'and false' if new_files | length == 1 }}
        {% endif %}
        {% set malformed_rows = select_malformed_rows(source_name) %}
        {{ 'union all ' ~ malformed_rows if malformed_rows }}
        {{ 'union all' if not loop.last }}
    {% endfor %}

),

currencies as (

    -- Each spelling once, or an event would be two.
    select
        upper(sent_currency) as sent_currency,
        min(currency_code) as currency_code
    from {{ ref('currency_codes') }}
    group by upper(sent_currency)

),

closed as (

    -- A column that says one of a few things says nothing else, whatever was sent.
    select
        {{ all_but(['event_type', 'referrer_host']) }},
        case when event_type in ('track', 'page', 'screen', 'identify', 'alias', 'group') then event_type else 'track' end as event_type,
        case
            -- Somebody's own machine or network is no other site.
            when {{ regexp_matches(
                'referrer_host', "'^((127|10|192[.]168|169[.]254|172[.](1[6-9]|2[0-9]|3[01]))[.][0-9.]+|0[.]0[.]0[.]0|[[].*|localhost)$'"
            ) }} then null
            when
                -- A name of letters, digits, hyphens and dots, of any alphabet, and no ip.
                {{ regexp_matches('referrer_host', "'^[^ -,/:-@[-^`{-~]+$'") }}
                and {{ regexp_matches('referrer_host', "'[^0-9._-]'") }}
                and {{ without_addresses('referrer_host') }} = referrer_host
                then referrer_host
            when referrer_host is not null then '[removed]'
        end as referrer_host
    from sent

),

final as (

    select
        events.{{ all_but(['currency_code', 'anonymous_id']) }},  -- noqa: RF02
        coalesce(
            currencies.currency_code, case when {{ regexp_matches('events.currency_code', iso_pattern) }} then events.currency_code end
        ) as currency_code,
        case
            when currencies.currency_code is null and not {{ regexp_matches('events.currency_code', iso_pattern) }}
                then {{ value_shape('events.currency_code') }}
        end as unread_currency,
        coalesce(
            events.anonymous_id,
            'user-' || {{ dbt.hash('events.user_id') }},
            'email-' || {{ dbt.hash('events.email_hash') }},
            'phone-' || {{ dbt.hash('events.phone_hash') }},
            'device-' || {{ dbt.hash('events.device_id') }},
            'order-' || {{ dbt.hash('events.order_id') }}
        ) as anonymous_id,
        events.anonymous_id is null as is_anonymous_id_derived
    from closed as events
    left join currencies on events.currency_code = currencies.sent_currency

)

select * from final
