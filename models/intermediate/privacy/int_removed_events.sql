-- Events of which this run removes all but the fact that they were read. They are emptied as soon as they are counted.
{{ config(meta={'lasts_for_a_run': true}) }}
{% set asked_now = 'select 1 from ' ~ ref('int_erasure_requests') ~ ' where load_number > ' ~ last_complete_load()
    ~ ' union all select 1 from ' ~ ref('int_erased_ids') ~ ' where load_number > ' ~ last_complete_load() %}
{% set events_since, rejected_events_since = retention_cutoff(['events']), retention_cutoff(['rejected_events']) %}
{% set searched_events = erasure_scope(asked_now, 'select 1 from ' ~ ref('int_erasure_requests')) %}
{% set identifiers = {'user_id': 'user_hash', 'email_hash': 'address_hash', 'anonymous_id': 'id_hash',
    'anonymous_id without a login': 'case when user_id is null then id_hash end'} %}

with received as (

    -- What is too old may be of any load.
    select
        *,
        rejection_reason is null and not is_buffered and not is_duplicate as was_accepted
    from {{ ref('int_events_received') }}
    where {{ 'true' if events_since or rejected_events_since else searched_events }}

),

tombstones as (

    select request_id, space_id, erased_until_at, identifier_type, identifier_hash, null as user_hash  -- noqa: LT09
    from {{ ref('int_erasure_requests') }}
    union all
    select request_id, space_id, erased_until_at, 'anonymous_id' || case when is_named then '' else ' without a login' end, id_hash, user_hash  -- noqa
    from {{ ref('int_erased_ids') }}

),

hashed as (

    select event_number, id_number, space_id, occurred_at, received_at, user_id,  -- noqa: LT02,LT09
        {{ erasure_token('user_id') }} as user_hash,
        {{ erasure_token('email_hash') }} as address_hash,
        {{ erasure_token('anonymous_id') }} as id_hash
    from {{ ref('int_events_received') }}
    where {{ searched_events }}

),

candidates as (

    -- One pass over many events finds the few that are looked at below.
    select * from hashed
    where
        user_hash in (select tombstones.identifier_hash from tombstones)
        or address_hash in (select tombstones.identifier_hash from tombstones)
        or id_hash in (select tombstones.identifier_hash from tombstones)

),

events_of_devices as (

    select event_number, id_number as visitor_number, occurred_at, event_id, source_name, user_id,  -- noqa: LT02,LT09
        {{ is_visit() }} as is_visit
    from {{ ref('int_events_received') }}
    where {{ 'false' if searched_events == 'false' else 'id_number in (select candidates.id_number from candidates) and occurred_at is not null' }}

),

told as (

    {{ told_logins('events_of_devices', 'user_id') }}

),

identifiers as (

    {% for identifier_type, identifier in identifiers.items() %}
        select *, '{{ identifier_type }}' as identifier_type, {{ identifier }} as identifier_hash from candidates  -- noqa: LT02,LT09
        {{ 'union all' if not loop.last }}
    {% endfor %}

),

erased as (

    select identifiers.event_number, 'erased' as cause, tombstones.request_id  -- noqa: LT09
    from identifiers
    inner join tombstones
        on
            identifiers.identifier_type = tombstones.identifier_type
            and identifiers.identifier_hash = tombstones.identifier_hash
            and {{ is_before_request('identifiers', 'tombstones') }}
    left join told on identifiers.event_number = told.event_number
    -- Of a device that two logins share, the events of the other login stay, and its sessions.
    where coalesce(
        tombstones.user_hash = {{ erasure_token('told.told_user_id') }},
        tombstones.identifier_type != 'anonymous_id without a login' or told.told_user_id is null
    )

),

expired as (

    select event_number, 'expired' as cause, cast(null as {{ dbt.type_string() }}) as request_id  -- noqa: LT09
    from {{ ref('int_events_received') }}
    where
        coalesce(rejection_reason, '') not in ('erased', 'expired')
        -- Without a period nothing is ever too old, whatever time it says.
        and (
            {{ 'rejection_reason is not null and received_at < ' ~ rejected_events_since if rejected_events_since else 'false' }}
            -- A withdrawal of consent holds on; statements are no longer observed then (int_events). A broken clock tells no age.
            or {{ "not is_consent_change and coalesce(rejection_reason, '') != 'implausible_time' and occurred_at < " ~ events_since
                if events_since else 'false' }}
        )

),

removed as (

    -- What is erased is not only expired, and a row that two requests cover is the first one's, whichever that is.
    select event_number, min(cause) as cause, min(request_id) as request_id  -- noqa: LT09
    from (select * from erased union all select * from expired) as found  -- noqa: LT11
    group by event_number

),

final as (

    select
        received.{{ [
            'event_number', 'event_hash', 'load_number', 'id_number', 'space_id', 'anonymous_id', 'source_name', 'event_id',
            'occurred_at', 'order_id', 'is_conversion', 'conversion_kind', 'revenue_amount', 'was_accepted'
        ] | join(', received.') }},
        removed.cause,
        removed.request_id,
        -- Of an event that is too old these stay: a refusal holds on.
        case
            when removed.cause = 'expired' and received.was_accepted
                then '{"consent_categories":' || {{ json_part('received.properties', '$.consent_categories') }} || '}'
        end as consent_answers
    from received
    inner join removed on received.event_number = removed.event_number

)

select * from final
