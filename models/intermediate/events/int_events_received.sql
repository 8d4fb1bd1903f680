{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key='event_number',
        incremental_predicates=['is_buffered'],
        pre_hook="{% if execute and not is_incremental() and load_relation(relation_named('int_raw_files')) %}
            delete from {{ relation_named('int_raw_files') }} where true
        {% endif %}",
        post_hook="{% if execute and flags.WHICH in ['build', 'run'] and not flags.EMPTY %}
            update {{ relation_named('event_loads') }} set events_fingerprint = '{{ events_fingerprint() | join('; ') }}'
            where invocation_id = '{{ invocation_id }}'
        {% endif %}",
        meta={'holds_raw_events': true}
    )
}}
{% do check_vars() if not execute %}
{% if var('generic_events_relation') %}
    -- A model of the project may have been made anew since the run began.
    {% do check_input() %}
{% endif %}
{% do check_events_fingerprint() if is_incremental() and flags.WHICH in ['build', 'run'] %}
{% set iso_pattern = "'^(?:" ~ iso_currencies() | join('|') ~ ")$'" %}
-- What stored events were judged by, besides the taxonomy:
-- depends_on: {{ ref('ignored_values') }}, {{ ref('identity_key_rules') }}, {{ ref('identity_spaces') }}, {{ ref('bot_patterns') }}
-- depends_on: {{ ref('click_id_parameters') }}, {{ ref('raw_columns') }}
{#- What bears a later time than the run's clock waits in any case: it has not happened yet. #}
{% set is_buffered -%}
    coalesce(
        {{ is_provisional('received_at') if var('hold_back_watermark') else 'received_at > ' ~ run_clock() }}
        and received_at <= cast('2100-01-01' as {{ dbt.type_timestamp() }}),
        false
    )
{%- endset %}
{% set keeps_taxonomy = var('properties_policy') == 'taxonomy' %}
{% set taxonomy_columns = ['required_properties', 'property_types'] + (['property_names'] if keeps_taxonomy else []) %}

with events as (

    {% for source_name in var('event_sources') %}
        {% set new_files = new_raw_files(source_name, this if is_incremental() else none) %}
        select
            cast(raw_file as {{ dbt.type_string() }}) as raw_file,
            {{ canonical_columns() | reject('eq', 'raw_file') | join(', ') }}
        from {{ ref('stg_' ~ source_name ~ '__events') }}
        {% if new_files is not none %}
            where raw_file in ({{ new_files | join(', ') }})
        {% endif %}
        {% set malformed_rows = select_malformed_rows(source_name) %}
        {{ 'union all ' ~ malformed_rows if malformed_rows }}
        {{ 'union all' if not loop.last }}
    {% endfor %}

),

currencies as (

    select
        upper(sent_currency) as sent_currency,
        currency_code
    from {{ ref('currency_codes') }}

),

taxonomy as (

    select
        event_name,
        cast(schema_version as {{ dbt.type_string() }}) as schema_version,
        lifecycle_status,
        required_properties,
        {% if keeps_taxonomy %}
            concat(coalesce(required_properties, ''), '|', {{ regexp_replaced("coalesce(property_types, '')", ':[^|]*') }})
                as property_names,
        {% endif %}
        -- Any value can be read as a string, so there is nothing to look at.
        nullif({{ regexp_replaced('property_types', '[|]?[^|:]+:string') }}, '') as property_types,
        is_conversion,
        conversion_kind,
        is_consent_change,
        -- What an event without a version, or of a version nobody registered, is held to.
        row_number() over (
            partition by event_name
            order by
                case lifecycle_status when 'active' then 1 when 'deprecated' then 2 when 'draft' then 3 else 4 end,
                -- Versions are text: the longer number is the greater one.
                length(cast(schema_version as {{ dbt.type_string() }})) desc,
                cast(schema_version as {{ dbt.type_string() }}) desc
        ) = 1 as is_current
    from {{ ref('event_taxonomy') }}

),

closed as (

    -- A column that says one of a few things says nothing else, whatever was sent.
    select
        {{ all_but(['event_type', 'referrer_host']) }},
        case when event_type in ('track', 'page', 'screen', 'identify', 'alias', 'group') then event_type else 'track' end as event_type,
        case
            -- Somebody's own machine is no other site.
            when {{ regexp_matches('referrer_host', "'^(127[.]|[[]|localhost$)'") }} then null
            when
                -- A name of letters, digits, hyphens and dots, of any alphabet, and no ip.
                {{ regexp_matches('referrer_host', "'^[^ -,/:-@[-^`{-~]+$'") }}
                and {{ regexp_matches('referrer_host', "'[^0-9._-]'") }}
                and {{ without_addresses('referrer_host') }} = referrer_host
                then referrer_host
            when referrer_host is not null then '[removed]'
        end as referrer_host
    from events

),

numbered as (

    select
        events.{{ all_but(['currency_code']) }},  -- noqa: RF02
        coalesce(
            currencies.currency_code, case when {{ regexp_matches('events.currency_code', iso_pattern) }} then events.currency_code end
        ) as currency_code,
        events.currency_code as sent_currency,
        coalesce(
            events.anonymous_id,
            'user-' || {{ dbt.hash('events.user_id') }},
            'email-' || {{ dbt.hash('events.email_hash') }},
            'phone-' || {{ dbt.hash('events.phone_hash') }},
            'device-' || {{ dbt.hash('events.device_id') }},
            'order-' || {{ dbt.hash('events.order_id') }}
        ) as stitchable_id
    from closed as events
    left join currencies on events.currency_code = currencies.sent_currency

),

held_to_taxonomy as (

    select
        numbered.{{ all_but(['anonymous_id', 'stitchable_id', 'schema_version']) }},  -- noqa: RF02
        case
            when
                listed.event_name is not null
                or {{ regexp_matches(
                    'lower(numbered.schema_version)',
                    "'^v?([0-9]{1,2}([.-][0-9]{1,3}){0,2}|[0-9]{1,3})([.+-]?[a-z]{1,10}[.]?[0-9]{0,3})?$|^20[0-9]{2}(-[0-9]{2}){1,2}$'"
                ) }}
                then numbered.schema_version
            when numbered.schema_version is not null then '[removed]'
        end as schema_version,
        numbered.stitchable_id as anonymous_id,
        numbered.anonymous_id is null as is_anonymous_id_derived,
        taxonomy.event_name is not null as is_name_registered,
        numbered.schema_version is null or listed.event_name is not null as is_version_registered,
        taxonomy.lifecycle_status,
        coalesce(taxonomy.is_conversion, false) as is_conversion,
        case when taxonomy.is_conversion then coalesce(taxonomy.conversion_kind, numbered.event_name) end as conversion_kind,
        coalesce(taxonomy.is_consent_change, false) as is_consent_change,
        taxonomy.required_properties,
        {% if keeps_taxonomy %}
            -- What a record is, is told by properties of this project's own.
            case
                when numbered.source_name = 'records' then 'channel|record_id|record_type|status'
                else coalesce(taxonomy.property_names, '')
            end as property_names,
        {% endif %}
        taxonomy.property_types
    from numbered
    left join taxonomy as listed
        on
            numbered.event_name = listed.event_name
            and numbered.schema_version = listed.schema_version
    left join taxonomy
        on
            numbered.event_name = taxonomy.event_name
            and (listed.schema_version = taxonomy.schema_version or (listed.schema_version is null and taxonomy.is_current))

),

held_to_properties as (

    select
        {{ all_but(taxonomy_columns + (['properties'] if keeps_taxonomy else [])) }},
        {% if keeps_taxonomy %}
            {{ kept_properties('properties', 'property_names') }} as properties,
        {% endif %}
        case
            when property_types is not null then {{ first_unfit_property('property_types', 'properties') }}
        end as mistyped_property,
        -- Most events require nothing, and need not be looked through.
        case
            when required_properties is not null
                then {{ first_unfit_property('required_properties', 'properties', {
                    'order_id': 'order_id',
                    'revenue': 'revenue_amount',
                    'currency': 'currency_code',
                    'user_id': 'user_id',
                    'account_id': 'account_id',
                    'anonymous_id': 'case when not is_anonymous_id_derived then anonymous_id end',
                    'device_id': 'device_id',
                    'click_id': 'click_id',
                    'email': 'email_hash',
                    'email_hash': 'email_hash',
                    'phone': 'phone_hash',
                    'ip_address': 'ip_token',
                    'page_url': 'page_path',
                    'referrer': 'referrer_host'
                }) }}
        end as missing_property
    from held_to_taxonomy

),

judged as (

    select
        {{ all_but([
            'missing_property', 'mistyped_property', 'is_name_registered', 'is_version_registered', 'raw_row_number',
            'sent_currency', 'source_rejection_reason'
        ]) }},
        is_name_registered and is_version_registered as is_registered,
        cast({{ current_load() }} as {{ dbt.type_bigint() }}) as load_number,
        {{ event_number() }} as event_number,
        {{ hash_64(['source_name', 'event_id']) }} as event_hash,
        {{ hash_64(['space_id', 'anonymous_id']) }} as id_number,
        {{ is_buffered }} as is_buffered,
        -- int_event_duplicates says which rows are.
        false as is_duplicate,
        coalesce(received_at > {{ dbt.dateadd('minute', var('watermark_minutes'), 'occurred_at') }}, false) as is_late,
        case
            when source_rejection_reason is not null then source_rejection_reason
            when event_id is null then 'missing_event_id'
            when event_name is null then 'missing_event_name'
            when occurred_at is null then 'unparsable_time'
            when
                least(occurred_at, received_at) < cast('2000-01-01' as {{ dbt.type_timestamp() }})
                or greatest(occurred_at, received_at) > cast('2100-01-01' as {{ dbt.type_timestamp() }})
                or occurred_at > {{ dbt.dateadd('day', 1, 'received_at') }}
                then 'implausible_time'
            when anonymous_id is null then 'no_identifier'
            when not is_name_registered and '{{ var("unregistered_events") }}' = 'reject' then 'unregistered_event'
            when
                is_name_registered and not is_version_registered and '{{ var("unregistered_versions") }}' = 'reject'
                then 'unregistered_version'
            when lifecycle_status = 'retired' and '{{ var("retired_events") }}' = 'reject' then 'retired_version'
            when properties is not null and not {{ is_json('properties') }} then 'malformed_properties'
            when revenue_amount is not null and sent_currency is not null and currency_code is null
                then 'wrong_type: currency (' || {{ value_shape('sent_currency') }} || ')'
            when missing_property is not null then 'missing_property: ' || missing_property
            when mistyped_property is not null then 'wrong_type: ' || mistyped_property
        end as rejection_reason
    from held_to_properties

),

final as (

    select * from judged
    {% if is_incremental() %}
        {% set grown = grown_raw_files() %}
        {% if grown %}
            -- A vendor adds rows to what was read before; those that are stored are not stored again.
            where event_number not in (
                select event_number
                from {{ this }}
                where source_name || ':' || raw_file in ({{ grown.files | join(', ') }}) and load_number >= {{ grown.first_load_number }}
            )
        {% endif %}
        union all
        -- Rows that waited for their neighbours are looked at again; only the clock has changed.
        select
            * replace (  -- noqa: RF02
                cast({{ current_load() }} as {{ dbt.type_bigint() }}) as load_number,
                {{ is_buffered }} as is_buffered
            )
        from {{ this }}
        where is_buffered and {{ is_of_loads('load_number') }}
    {% endif %}

)

select * from final
