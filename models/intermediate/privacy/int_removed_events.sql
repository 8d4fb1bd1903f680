-- Events of which this run removes all but the fact that they were read. They are emptied as soon as they are counted.
{{ config(meta={'lasts_for_a_run': true}) }}
{% set asked_now -%}
    select 1 from {{ ref('int_erasure_requests') }} where load_number > {{ last_complete_load() }}
    union all select 1 from {{ ref('int_erased_ids') }} where load_number > {{ last_complete_load() }}
{%- endset %}
{% set events_since = retention_cutoff(['events']) %}
{% set rejected_events_since = retention_cutoff(['rejected_events']) %}
{% set searched_events = erasure_scope(asked_now, 'select 1 from ' ~ ref('int_erasure_requests')) %}

with requests as (

    select * from {{ ref('int_erasure_requests') }}

),

erased_ids as (

    select * from {{ ref('int_erased_ids') }}

),

hashed as (

    select
        event_number,
        space_id,
        occurred_at,
        received_at,
        user_id,
        {{ erasure_token('user_id') }} as user_hash,
        {{ erasure_token('email_hash') }} as address_hash,
        {{ erasure_token('anonymous_id') }} as id_hash
    from {{ ref('int_events_received') }}
    where {{ searched_events }}

),

candidates as (

    -- One pass over many events finds the few that the conditions below have to be asked of.
    select *
    from hashed
    where
        user_hash in (select requests.identifier_hash from requests)
        or address_hash in (select requests.identifier_hash from requests)
        or id_hash in (select requests.identifier_hash from requests)
        or id_hash in (select erased_ids.id_hash from erased_ids)

),

carrying_the_subject as (

    select
        candidates.event_number,
        'erased' as cause,
        requests.request_id
    from candidates
    inner join requests
        on
            {{ is_before_request('candidates', 'requests') }}
            and requests.identifier_hash = case requests.identifier_type
                when 'user_id' then candidates.user_hash
                when 'email_hash' then candidates.address_hash
                when 'anonymous_id' then candidates.id_hash
            end

),

of_ids_of_the_subject as (

    -- Of a device that two logins share, the events that name the other login stay.
    select
        candidates.event_number,
        'erased' as cause,
        erased_ids.request_id
    from candidates
    inner join erased_ids
        on
            candidates.id_hash = erased_ids.id_hash
            and candidates.space_id = erased_ids.space_id
            and {{ is_before_request('candidates', 'erased_ids') }}
    where erased_ids.is_named or candidates.user_id is null

),

expired as (

    select
        event_number,
        'expired' as cause,
        cast(null as {{ dbt.type_string() }}) as request_id
    from {{ ref('int_events_received') }}
    where
        coalesce(rejection_reason, '') not in ('erased', 'expired')
        -- Without a period nothing is ever too old, whatever time it says.
        and (
            {{ 'rejection_reason is not null and received_at < ' ~ rejected_events_since if rejected_events_since else 'false' }}
            -- A withdrawal of consent holds on; statements are no longer observed then (int_events).
            or {{ 'not is_consent_change and occurred_at < ' ~ events_since if events_since else 'false' }}
        )

),

found as (

    select * from carrying_the_subject
    union all
    select * from of_ids_of_the_subject
    union all
    select * from expired

),

removed as (

    -- What is erased is not only expired, and a row that two requests cover is the first one's, whichever that is.
    select
        event_number,
        min(cause) as cause,
        min(request_id) as request_id
    from found
    group by event_number

),

final as (

    select
        {% for column in [
            'event_number', 'event_hash', 'load_number', 'id_number', 'space_id', 'anonymous_id', 'source_name', 'event_id',
            'occurred_at', 'order_id', 'is_conversion', 'conversion_kind', 'revenue_amount'
        ] %}
            received.{{ column }},
        {% endfor %}
        removed.cause,
        removed.request_id,
        received.rejection_reason is null and not received.is_buffered and not received.is_duplicate as was_accepted
    from {{ ref('int_events_received') }} as received
    inner join removed on received.event_number = removed.event_number

)

select * from final
