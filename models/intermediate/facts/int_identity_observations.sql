{{
    config(
        materialized='incremental',
        incremental_strategy='replace_changed',
        unique_key='id_number',
        meta={'changed_entities': {'model': 'int_changed_visitors'}}
    )
}}
{% set key_columns = canonical_key_types() %}
{% set events = 'events' if is_incremental() else ref('int_uncounted_events') %}

with events as (

    -- Read once where they are a run's; of all events each key reads its own columns, for a CTE would keep them with all of theirs.
    select * from {{ ref('int_uncounted_events') }}
    where is_observed

),

visitors as (

    select * from {{ ref('int_changed_visitors') }}

),

enabled_key_types as (

    select distinct key_type
    from {{ ref('identity_key_rules') }}
    where is_enabled

),

observed_keys as (

    {% for key_column in key_columns %}
        select
            id_number,
            '{{ key_column }}' as key_type,
            {{ hash_64(['space_id', "'" ~ key_column ~ "'", key_column]) }} as key_number,
            cast(occurred_at as date) as observed_date,
            min(occurred_at) as first_observed_at,
            max(occurred_at) as last_observed_at,
            count(*) as event_count
        from {{ events }}
        where
            is_observed and {{ key_column }} is not null
            {% if key_column == 'click_id' %}
                -- Many clicks share a value of some parameters, as of gbraid.
                and coalesce(click_id_type, '') not in (
                    select lower(shared.parameter) from {{ ref('click_id_parameters') }} as shared
                    where not shared.identifies_click
                )
            {% endif %}
            {% if key_column not in ['user_id', 'device_id', 'click_id', 'ip_token'] %}
                -- Who books a refund is not who ordered: what it names beside its sender is the customer's.
                and (
                    coalesce(conversion_kind, '') != 'refund'
                    or (is_anonymous_id_derived and {{ 'coalesce(user_id, email_hash, phone_hash, device_id)' if key_column == 'order_id' else 'user_id' }} is null)
                )
            {% endif %}
        group by id_number, key_number, observed_date
        union all
    {% endfor %}
    select
        events.id_number,
        custom_key.key_type,
        {{ hash_64(['events.space_id', 'custom_key.key_type', 'custom_key.key_value']) }} as key_number,
        cast(events.occurred_at as date) as observed_date,
        min(events.occurred_at) as first_observed_at,
        max(events.occurred_at) as last_observed_at,
        count(*) as event_count
    from {{ events }} as events
    cross join {{ unnest_custom_keys('events.custom_keys', 'custom_key') }}  -- noqa: AL05
    where
        events.is_observed and events.custom_keys is not null
        and (coalesce(events.conversion_kind, '') != 'refund' or (events.is_anonymous_id_derived and events.user_id is null))
    group by events.id_number, custom_key.key_type, key_number, observed_date

),

enabled_keys as (

    select observed_keys.*
    from observed_keys
    inner join enabled_key_types on observed_keys.key_type = enabled_key_types.key_type

),

stored_and_new as (

    select * from enabled_keys
    {% if is_incremental() %}
        union all
        select stored.*
        from {{ this }} as stored
        inner join visitors on stored.id_number = visitors.id_number
        where not visitors.is_recounted
    {% endif %}

),

final as (

    -- A source may name one key twice, in its column and among the custom keys: an alias has two user ids.
    select
        id_number,
        key_type,
        key_number,
        observed_date,
        min(first_observed_at) as first_observed_at,
        max(last_observed_at) as last_observed_at,
        cast(sum(event_count) as {{ dbt.type_bigint() }}) as event_count
    from stored_and_new
    group by id_number, key_type, key_number, observed_date

)

select * from final
