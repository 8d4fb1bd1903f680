{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        full_refresh=false
    )
}}
{% set asked = ref('stg_privacy__erasure_requests') %}
{% set addresses_now -%}
    select 1 from {{ asked }}
    where
        subject_type = 'email_hash' and refusal_reason is null
        {{ 'and request_id not in (select request_id from ' ~ this ~ ')' if is_incremental() }}
    limit 1
{%- endset %}
{% set addresses_ever -%}
    select 1 from {{ this }} where identifier_type = 'email_hash' limit 1
{%- endset %}
{% set searched_events = erasure_scope(addresses_now, addresses_ever if is_incremental()) %}

with new_requests as (

    select *
    from {{ asked }}
    where
        refusal_reason is null
        {% if is_incremental() %}
            and request_id not in (select known.request_id from {{ this }} as known)
        {% endif %}

),

named as (

    select
        request_id,
        subject_type as identifier_type,
        subject_hash as identifier_hash,
        space_id,
        requested_at as erased_until_at
    from new_requests
    union all
    -- An alias may give a login as an anonymous id, and an address may stand for either.
    select
        request_id,
        'anonymous_id' as identifier_type,
        subject_hash as identifier_hash,
        space_id,
        requested_at as erased_until_at
    from new_requests
    where subject_type in ('user_id', 'email_hash')
    union all
    select
        request_id,
        'user_id' as identifier_type,
        subject_hash as identifier_hash,
        space_id,
        requested_at as erased_until_at
    from new_requests
    where subject_type = 'email_hash'

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
        events.user_hash as identifier_hash,
        events.space_id,
        addresses.erased_until_at
    from events
    inner join addresses
        on
            events.address_hash = addresses.identifier_hash
            and {{ is_before_request('events', 'addresses') }}

),

logins_of_addresses as (

    select
        request_id,
        'user_id' as identifier_type,
        identifier_hash,
        space_id,
        erased_until_at
    from logins
    union all
    select
        request_id,
        'anonymous_id' as identifier_type,
        identifier_hash,
        space_id,
        erased_until_at
    from logins

),

tombstones as (

    select * from named
    union all
    select *
    from logins_of_addresses
    {% if is_incremental() %}
        where
            not exists (
                select 1
                from {{ this }} as known
                where
                    known.request_id = logins_of_addresses.request_id
                    and known.identifier_hash = logins_of_addresses.identifier_hash
                    and known.identifier_type = logins_of_addresses.identifier_type
                    and known.space_id = logins_of_addresses.space_id
            )
    {% endif %}

),

final as (

    select
        *,
        cast({{ current_load() }} as {{ dbt.type_bigint() }}) as load_number
    from tombstones

)

select * from final
