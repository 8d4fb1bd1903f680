{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        full_refresh=false,
        pre_hook="{% if is_incremental() %}
            {#- Tombstones of earlier versions lack it. #}
            alter table {{ this }} add column if not exists user_hash {{ dbt.type_string() }}
        {% endif %}"
    )
}}
{% set requests = ref('int_erasure_requests') %}
{% set users_before = previous_run('users') %}
{% set has_users_before = not execute or load_relation(users_before) is not none %}
{#- In a database of an earlier version an id is whole. #}
{% set has_parts_before = not execute or ('is_shared' in source_columns(users_before) and load_relation(previous_run('shared_devices')) is not none) %}
{% set asked = 'select 1 from ' ~ requests %}
{% set searched_events = erasure_scope(asked ~ ' where load_number > ' ~ last_complete_load() ~ ' limit 1', asked ~ ' limit 1') %}

with requests as (

    select * from {{ requests }}

),

events as (

    select
        space_id,
        occurred_at,
        received_at,
        {{ erasure_token('user_id') }} as user_hash,
        {{ erasure_token('email_hash') }} as address_hash,
        {{ erasure_token('anonymous_id') }} as id_hash
    from {{ ref('int_events_received') }}
    where {{ searched_events }} and coalesce(user_id, email_hash) is not null and anonymous_id is not null

),

seen_ids as (

    {% for identifier_type, hash in {'user_id': 'user_hash', 'email_hash': 'address_hash'}.items() %}
        select
            requests.request_id,
            events.space_id,
            events.id_hash,
            events.user_hash,
            requests.erased_until_at
        from events
        inner join requests
            on
                events.{{ hash }} = requests.identifier_hash
                and requests.identifier_type = '{{ identifier_type }}'
                and {{ is_before_request('events', 'requests') }}
        {{ 'union distinct' if not loop.last }}
    {% endfor %}

),

persons as (

    -- A person is looked up once; later builds may give its name to somebody else.
    select * from requests
    where
        identifier_type = 'universal_id'
        {% if is_incremental() %}
            and request_id not in (select known.request_id from {{ this }} as known)
        {% endif %}

),

{% if has_users_before %}
    members as (

        select space_id, universal_id, anonymous_id, null as user_id, {{ 'not is_shared' if has_parts_before else 'true' }} as is_whole  -- noqa
        from {{ users_before }}
        {% if has_parts_before %}
            union all
            -- Of an id that several users shared, what is the person's: of the login, or of none.
            select space_id, universal_id, anonymous_id, coalesce(user_id, ''), user_id is null and account_id is not null  -- noqa: AL03,LT09
            from {{ previous_run('shared_devices') }}
        {% endif %}

    ),
{% endif %}

named_and_seen_ids as (

    select *, false as is_named from seen_ids  -- noqa: LT09
    {% if has_users_before %}
        union all
        select
            persons.request_id,
            members.space_id,
            {{ erasure_token('members.anonymous_id') }} as id_hash,
            case when not members.is_whole then {{ erasure_token('members.user_id') }} end as user_hash,
            persons.erased_until_at,
            true as is_named
        from members
        inner join persons
            on
                {{ erasure_token('members.universal_id') }} = persons.identifier_hash
                and (persons.space_id is null or members.space_id = persons.space_id)
        where members.is_whole or members.user_id is not null
    {% endif %}

),

final as (

    select
        *,
        cast({{ current_load() }} as {{ dbt.type_bigint() }}) as load_number
    from named_and_seen_ids
    {% if is_incremental() %}
        where not exists (
            select 1 from {{ this }} as known
            where
                known.request_id = named_and_seen_ids.request_id
                and known.space_id = named_and_seen_ids.space_id
                and known.id_hash = named_and_seen_ids.id_hash
                and coalesce(known.user_hash, '') = coalesce(named_and_seen_ids.user_hash, '')
        )
    {% endif %}

)

select * from final
