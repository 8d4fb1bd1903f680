-- Events of earlier runs that this run counts otherwise: they were taken back, or may count again.
{{ config(meta={'lasts_for_a_run': true}) }}

{% set columns = [
    'event_number', 'load_number', 'id_number', 'space_id', 'anonymous_id', 'source_name', 'event_id', 'occurred_at', 'order_id',
    'is_conversion', 'conversion_kind', 'revenue_amount'
] %}
{% set withdraws_now = may_hold_rows(ref('int_consent_withdrawals'), 'load_number > ' ~ last_complete_load()) %}
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

demoted as (

    -- An earlier run accepted them, and this run found another copy that was received before them.
    select
        earlier_events.*,
        'duplicate' as cause
    from {{ ref('int_events_received') }} as earlier_events
    inner join duplicates on earlier_events.event_number = duplicates.event_number
    where
        earlier_events.load_number <= {{ last_complete_load() }}
        and {{ is_of_loads('earlier_events.load_number', ref('int_event_duplicates'), 'found_in_load > ' ~ last_complete_load()) }}

),

promoted as (

    -- Copies of a removed event: the first of them may count now.
    select
        *,
        'duplicate' as cause
    from {{ ref('int_events_received') }}
    where
        load_number <= {{ last_complete_load() }}
        and {{ 'event_hash in (select removed_events.event_hash from removed_events)' if may_hold_rows(ref('int_removed_events')) else 'false' }}

),

withdrawn as (

    -- Their visitor withdrew or gave back consent, as this run found out.
    select *, 'consent' as cause  -- noqa: LT09
    from {{ ref('int_events_received') }}
    where
        load_number <= {{ last_complete_load() }}
        and {{ 'id_number in (select withdrawals.id_number from withdrawals)' if withdraws_now else 'false' }}
        and rejection_reason is null and not is_buffered

),

{% if observed_since and last_complete_load() > 0 %}
    first_sightings as (

        select visitor_number, min(first_seen_at) as first_seen_at  -- noqa: LT09
        from {{ previous_run('int_identity_ids') }}
        where first_seen_at < {{ observed_since }}
        group by visitor_number

    ),

    expired as (

        -- What the graph may no longer see.
        select earlier_events.*, 'retention' as cause  -- noqa: LT09
        from {{ ref('int_events_received') }} as earlier_events
        inner join first_sightings
            on
                earlier_events.id_number = first_sightings.visitor_number
                and earlier_events.occurred_at >= first_sightings.first_seen_at
        where
            earlier_events.load_number <= {{ last_complete_load() }}
            and earlier_events.occurred_at < {{ observed_since }}
            and earlier_events.rejection_reason is null and not earlier_events.is_buffered

    ),
{% endif %}

removed as (

    select
        {{ all_but(['cause']) }},
        case when cause = 'erased' then 'erasure' else 'retention' end as cause
    from removed_events
    where was_accepted and load_number <= {{ last_complete_load() }}

),

final as (

    {% for part in ['demoted', 'promoted', 'withdrawn', 'removed'] + (['expired'] if observed_since and last_complete_load() > 0 else []) %}
        select
            {{ columns | join(', ') }},
            cause
        from {{ part }}
        {{ 'union all' if not loop.last }}
    {% endfor %}

)

select * from final
