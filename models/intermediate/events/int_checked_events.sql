{{ config(materialized='view') }}
{% set keeps_taxonomy = var('properties_policy') == 'taxonomy' %}
{% set columns = canonical_columns() | reject('in', ['raw_file', 'raw_row_number', 'custom_keys', 'properties', 'source_rejection_reason', 'has_consent']) | list %}
{% set iso_pattern = "'^(?:" ~ iso_currencies() | join('|') ~ ")$'" %}

with sent as (

    {# Another model refuses null in words (check_vars). #}
    {% for source_name in var('event_sources') or [] %}
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

held_to_taxonomy as (

    select
        events.{{ all_but(['currency_code', 'schema_version', 'anonymous_id']) }},  -- noqa: RF02
        coalesce(
            currencies.currency_code, case when {{ regexp_matches('events.currency_code', iso_pattern) }} then events.currency_code end
        ) as currency_code,
        case
            when currencies.currency_code is null and not {{ regexp_matches('events.currency_code', iso_pattern) }}
                then {{ value_shape('events.currency_code') }}
        end as unread_currency,
        case
            when
                listed.event_name is not null
                or {{ regexp_matches(
                    'lower(events.schema_version)',
                    "'^v?([0-9]{1,2}([.-][0-9]{1,3}){0,2}|[0-9]{1,3})([.+-]?[a-z]{1,10}[.]?[0-9]{0,3})?$|^20[0-9]{2}(-[0-9]{2}){1,2}$'"
                ) }}
                then events.schema_version
            when events.schema_version is not null then '[removed]'
        end as schema_version,
        coalesce(
            -- No visitor has the name of a user's part of a shared id (int_shared_events), which ends so.
            case when events.anonymous_id like '%~________' then events.anonymous_id || '~' else events.anonymous_id end,
            'user-' || {{ dbt.hash('events.user_id') }},
            'email-' || {{ dbt.hash('events.email_hash') }},
            'phone-' || {{ dbt.hash('events.phone_hash') }},
            'device-' || {{ dbt.hash('events.device_id') }},
            'order-' || {{ dbt.hash('events.order_id') }}
        ) as anonymous_id,
        events.anonymous_id is null as is_anonymous_id_derived,
        taxonomy.event_name is not null as is_name_registered,
        events.schema_version is null or listed.event_name is not null as is_version_registered,
        taxonomy.lifecycle_status,
        coalesce(taxonomy.is_conversion, false) as is_conversion,
        taxonomy.conversion_kind,
        coalesce(taxonomy.is_consent_change, false) as is_consent_change,
        taxonomy.required_properties,
        -- What a record is, is told by properties of this project's own.
        case when events.source_name = 'records' then 'channel|record_id|record_type|status' else coalesce(taxonomy.property_names, '') end
            as property_names,
        taxonomy.property_types,
        case
            when taxonomy.property_types like '%revenue:number%'
                then {{ amount_or_null(property_of_rule('events.properties', "'revenue'")) }} is not null
        end as is_revenue_an_amount
    from closed as events
    left join currencies on events.currency_code = currencies.sent_currency
    left join {{ ref('int_event_taxonomy') }} as listed on events.event_name = listed.event_name and events.schema_version = listed.schema_version
    left join {{ ref('int_event_taxonomy') }} as taxonomy
        on
            events.event_name = taxonomy.event_name
            and (listed.schema_version = taxonomy.schema_version or (listed.schema_version is null and taxonomy.is_current))

),

final as (

    select
        {{ all_but(['required_properties', 'property_names', 'property_types', 'is_revenue_an_amount'] + (['properties'] if keeps_taxonomy else [])) }},
        {% if keeps_taxonomy %}
            {{ kept_properties('properties', 'property_names') }} as properties,
        {% endif %}
        case
            when property_types is not null then {{ first_mistyped_property('property_types', 'properties', 'is_revenue_an_amount') }}
        end as mistyped_property,
        -- Most events require nothing, and need not be looked through.
        case
            when required_properties is not null
                then {{ first_missing_property('required_properties', 'properties', dict(zip(columns, columns), **{
                    'revenue': 'revenue_amount',
                    'currency': 'currency_code',
                    'anonymous_id': 'case when not is_anonymous_id_derived then anonymous_id end',
                    'email': 'email_hash',
                    'phone': 'phone_hash',
                    'ip_address': 'ip_token',
                    'page_url': 'page_path',
                    'referrer': 'referrer_host'
                })) }}
        end as missing_property
    from held_to_taxonomy

)

select * from final
