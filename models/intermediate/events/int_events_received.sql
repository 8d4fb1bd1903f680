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
            update {{ relation_named('event_loads') }} set events_fingerprint = '{{ events_fingerprint() | join('; ') }}',
            raw_location = {{ sql_text(raw_tables() | map(attribute='place') | join(' | ')) }}
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
{% if flags.WHICH in ['build', 'run'] and not flags.EMPTY and model.resource_type != 'unit_test' %}
    -- Once it is known, too, which keys there are.
    {% do check_generic_columns() %}
    {% do name_unread_columns() %}
{% endif %}
-- What stored events were judged by, besides the taxonomy:
-- depends_on: {{ ref('ignored_values') }}, {{ ref('identity_key_rules') }}, {{ ref('identity_spaces') }}, {{ ref('bot_patterns') }}
-- depends_on: {{ ref('click_id_parameters') }}, {{ ref('raw_columns') }}
{#- What bears a later time than the run's clock waits in any case: it has not happened yet. #}
{% set is_buffered -%}
    coalesce(
        {{ is_provisional('received_at') if var('hold_back_watermark') | lower == 'true' else 'received_at > ' ~ run_clock() }}
        and received_at <= cast('2100-01-01' as {{ dbt.type_timestamp() }}),
        false
    )
{%- endset %}

with checked as (

    select * from {{ ref('int_checked_events') }}

),

judged as (

    select
        {{ all_but([
            'missing_property', 'mistyped_property', 'is_name_registered', 'is_version_registered', 'raw_row_number',
            'unread_currency', 'source_rejection_reason'
        ]) }},
        is_name_registered and is_version_registered as is_registered,
        cast({{ current_load() }} as {{ dbt.type_bigint() }}) as load_number,
        {{ event_number() }} as event_number,
        {{ hash_64(['source_name', 'event_id']) }} as event_hash,
        {{ hash_64(['space_id', 'anonymous_id']) }} as id_number,
        {{ is_buffered }} as is_buffered,
        -- int_event_duplicates says which rows are.
        false as is_duplicate,
        case
            when source_rejection_reason is not null then source_rejection_reason
            when event_id is null then 'missing_event_id'
            when event_name is null then 'missing_event_name'
            when occurred_at is null then 'unparsable_time'
            when {{ is_implausible_time('occurred_at', 'received_at') }} then 'implausible_time'
            when anonymous_id is null then 'no_identifier'
            when not is_name_registered and '{{ var("unregistered_events") }}' = 'reject' then 'unregistered_event'
            when
                is_name_registered and not is_version_registered and '{{ var("unregistered_versions") }}' = 'reject'
                then 'unregistered_version'
            when lifecycle_status = 'retired' and '{{ var("retired_events") }}' = 'reject' then 'retired_version'
            when properties is not null and not {{ is_json('properties') }} then 'malformed_properties'
            when revenue_amount is not null and unread_currency is not null then 'wrong_type: currency (' || unread_currency || ')'
            when missing_property is not null then 'missing_property: ' || missing_property
            when mistyped_property is not null then 'wrong_type: ' || mistyped_property
        end as rejection_reason
    from checked

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
