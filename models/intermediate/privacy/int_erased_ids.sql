{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        full_refresh=false
    )
}}
{% set requests = ref('int_erasure_requests') %}
{% set users_before = previous_run('users') %}
{% set searched_events = erasure_scope(
    'select 1 from ' ~ requests ~ ' where load_number > ' ~ last_complete_load() ~ ' limit 1',
    'select 1 from ' ~ requests ~ ' limit 1'
) %}

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

    select
        requests.request_id,
        events.space_id,
        events.id_hash,
        requests.erased_until_at
    from events
    inner join requests
        on
            events.user_hash = requests.identifier_hash
            and requests.identifier_type = 'user_id'
            and {{ is_before_request('events', 'requests') }}
    union distinct
    select
        requests.request_id,
        events.space_id,
        events.id_hash,
        requests.erased_until_at
    from events
    inner join requests
        on
            events.address_hash = requests.identifier_hash
            and requests.identifier_type = 'email_hash'
            and {{ is_before_request('events', 'requests') }}

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

{% if not execute or load_relation(users_before) is not none %}
    users_before as (

        select
            space_id,
            {{ erasure_token('anonymous_id') }} as id_hash,
            {{ erasure_token('universal_id') }} as person_hash
        from {{ users_before }}

    ),

    members as (

        select
            persons.request_id,
            users_before.space_id,
            users_before.id_hash,
            persons.erased_until_at
        from users_before
        inner join persons
            on
                users_before.person_hash = persons.identifier_hash
                and (persons.space_id is null or users_before.space_id = persons.space_id)

    ),
{% else %}
    members as (

        select *
        from seen_ids
        where false

    ),
{% endif %}

named_and_seen_ids as (

    select
        *,
        true as is_named
    from members
    union all
    select
        *,
        false as is_named
    from seen_ids

),

final as (

    select
        *,
        cast({{ current_load() }} as {{ dbt.type_bigint() }}) as load_number
    from named_and_seen_ids
    {% if is_incremental() %}
        where
            not exists (
                select 1
                from {{ this }} as known
                where
                    known.request_id = named_and_seen_ids.request_id
                    and known.space_id = named_and_seen_ids.space_id
                    and known.id_hash = named_and_seen_ids.id_hash
            )
    {% endif %}

)

select * from final
