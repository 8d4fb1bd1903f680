-- Events of earlier runs that this run counts otherwise: they were taken back, or may count again.
{{ config(meta={'lasts_for_a_run': true}) }}

{% set columns = [
    'event_number', 'load_number', 'id_number', 'space_id', 'anonymous_id', 'source_name', 'event_id', 'occurred_at', 'order_id',
    'is_conversion', 'conversion_kind', 'revenue_amount'
] %}
{% set observed_since = retention_cutoff(['events', 'observations']) %}

-- depends_on: {{ previous_run('int_identity_ids') }}
with duplicates as (

    select * from {{ ref('int_event_duplicates') }}
    where load_number <= {{ last_complete_load() }} and found_in_load > {{ last_complete_load() }}

),

removed_events as (

    select * from {{ ref('int_removed_events') }}

),

withdrawals as (

    select * from {{ ref('int_consent_withdrawals') }}
    where load_number > {{ last_complete_load() }}

),

{% if observed_since and last_complete_load() > 0 %}
    ids_with_expired_events as (

        select * from {{ previous_run('int_identity_ids') }}
        where first_seen_at < {{ observed_since }}

    ),
{% endif %}

demoted as (

    -- An earlier run accepted them, and this run found another copy that was received before them.
    select received.*
    from {{ ref('int_events_received') }} as received
    inner join duplicates on received.event_number = duplicates.event_number
    where {{ is_of_loads('received.load_number', ref('int_event_duplicates'), 'found_in_load > ' ~ last_complete_load()) }}

),

withdrawn as (

    -- Their visitor withdrew or gave back consent, as this run found out.
    select received.*
    from {{ ref('int_events_received') }} as received
    where
        received.id_number in (select withdrawals.id_number from withdrawals)
        and received.load_number <= {{ last_complete_load() }}
        and received.rejection_reason is null
        and not received.is_buffered

),

expired as (

    -- What the graph may no longer see.
    select received.*
    from {{ ref('int_events_received') }} as received
    {% if observed_since and last_complete_load() > 0 %}
        inner join ids_with_expired_events
            on
                received.id_number = ids_with_expired_events.id_number
                and received.occurred_at >= ids_with_expired_events.first_seen_at
        where
            received.occurred_at < {{ observed_since }}
            and received.load_number <= {{ last_complete_load() }}
            and received.rejection_reason is null
            and not received.is_buffered
    {% else %}
        where false
    {% endif %}

),

promoted as (

    -- Copies of a removed event: the first of them may count now.
    select received.*
    from {{ ref('int_events_received') }} as received
    where
        {% if has_removed_events() %}
            received.event_hash in (select removed_events.event_hash from removed_events)
            and received.load_number <= {{ last_complete_load() }}
        {% else %}
            false
        {% endif %}

),

final as (

    select
        {{ columns | join(', ') }},
        'duplicate' as cause
    from demoted
    union all
    select
        {{ columns | join(', ') }},
        'duplicate' as cause
    from promoted
    union all
    select
        {{ columns | join(', ') }},
        'consent' as cause
    from withdrawn
    union all
    select
        {{ columns | join(', ') }},
        'retention' as cause
    from expired
    union all
    select
        {{ columns | join(', ') }},
        case when cause = 'erased' then 'erasure' else 'retention' end as cause
    from removed_events
    where was_accepted and load_number <= {{ last_complete_load() }}

)

select * from final
