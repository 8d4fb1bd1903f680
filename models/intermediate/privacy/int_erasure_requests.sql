{{ config(materialized='incremental', incremental_strategy='append', full_refresh=false) }}
{% set asked = ref('stg_privacy__erasure_requests') %}
{% set addresses_now -%}
    select 1 from {{ asked }}
    where
        subject_type = 'email_hash' and refusal_reason is null
        {{ 'and request_id not in (select request_id from ' ~ this ~ ')' if is_incremental() }}
    limit 1
{%- endset %}
{% set addresses_ever = 'select 1 from ' ~ this ~ " where identifier_type = 'email_hash' limit 1" if is_incremental() %}
{% set searched_events = erasure_scope(addresses_now, addresses_ever) %}

with new_requests as (

    select *
    from {{ asked }}
    where
        refusal_reason is null
        {% if is_incremental() %}
            and request_id not in (select known.request_id from {{ this }} as known)
        {% endif %}

),

identifier_types as (

    {% for identifier_type in ['user_id', 'email_hash', 'anonymous_id', 'universal_id'] %}
        select '{{ identifier_type }}' as identifier_type
        {{ 'union all' if not loop.last }}
    {% endfor %}

),

named as (

    -- An alias may give a login as an anonymous id, and an address may stand for either.
    select
        new_requests.request_id,
        identifier_types.identifier_type,
        new_requests.subject_hash as identifier_hash,
        new_requests.space_id,
        new_requests.requested_at as erased_until_at
    from new_requests
    inner join identifier_types
        on
            new_requests.subject_type = identifier_types.identifier_type
            or (new_requests.subject_type in ('user_id', 'email_hash') and identifier_types.identifier_type = 'anonymous_id')
            or (new_requests.subject_type = 'email_hash' and identifier_types.identifier_type = 'user_id')

),

addresses as (

    select *
    from named
    where identifier_type = 'email_hash'
    {% if is_incremental() %}
        union all
        select {{ all_but(['load_number']) }}
        from {{ this }}
        where identifier_type = 'email_hash'
    {% endif %}

),

events as (

    select
        space_id,
        occurred_at,
        received_at,
        {{ erasure_token('user_id') }} as user_hash,
        {{ erasure_token('email_hash') }} as address_hash
    from {{ ref('int_events_received') }}
    where {{ searched_events }} and user_id is not null and email_hash is not null

),

logins as (

    -- Who is asked for by address has the logins that came with it, in the space in which they did.
    select distinct
        addresses.request_id,
        identifier_types.identifier_type,
        events.user_hash as identifier_hash,
        events.space_id,
        addresses.erased_until_at
    from events
    inner join addresses
        on
            events.address_hash = addresses.identifier_hash
            and {{ is_before_request('events', 'addresses') }}
    inner join identifier_types on identifier_types.identifier_type in ('user_id', 'anonymous_id')
    {% if is_incremental() %}
        {{ dbt.except() }}
        select {{ all_but(['load_number']) }}
        from {{ this }}
    {% endif %}

),

tombstones as (

    select * from named
    union all
    select * from logins

),

final as (

    select
        *,
        cast({{ current_load() }} as {{ dbt.type_bigint() }}) as load_number
    from tombstones

)

select * from final
