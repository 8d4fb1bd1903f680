-- Of a source that keeps a last campaign of its own, that is its word. Of any other its word is the campaign that its events carry, as a
-- tool shows it that knows sessions and no persons.
{{ config(materialized='view') }}
{% set words = {} %}
{% for part in ['channel', 'source', 'medium'] %}
    {% do words.update({part: json_text('properties', 'reported_' ~ part)}) %}
{% endfor %}
{% set told = [
    'source_name', 'event_id', 'event_number', 'space_id', 'event_name', 'occurred_at', 'revenue_amount', 'currency_code',
    'utm_source', 'utm_medium', 'properties'
] %}

with events as (

    select
        events.*,
        coalesce(shared_events.id_number, events.id_number) as node_number
    from {{ ref('int_events') }} as events
    left join {{ ref('int_shared_events') }} as shared_events on events.event_number = shared_events.event_number

),

reports as (

    select
        {{ conversion_key('events') }} as conversion_id,
        events.*
    from events
    where events.is_conversion and events.conversion_kind != 'refund'

),

sessions as (

    -- The conversion's own, and each in which a browser reports it, which may be after a server.
    select conversions.conversion_id, sessions.id_number, sessions.session_started_at, sessions.session_ended_at  -- noqa: LT09
    from {{ ref('conversions') }} as conversions
    inner join {{ ref('int_sessions') }} as sessions on conversions.session_id = sessions.session_id
    where not conversions.is_refund
    union distinct
    select reports.conversion_id, sessions.id_number, sessions.session_started_at, sessions.session_ended_at  -- noqa: LT09
    from reports
    inner join {{ ref('int_sessions') }} as sessions
        on reports.node_number = sessions.id_number and reports.occurred_at between sessions.session_started_at and sessions.session_ended_at
    where reports.is_visit

),

saying as (

    select  -- noqa: LT09
        conversion_id, false as is_of_session, false as is_of_bot,
        {{ told | join(', ') }}
    from reports
    union all
    select
        sessions.conversion_id, true as is_of_session, false as is_of_bot,  -- noqa: LT09
        visits.{{ told | join(', visits.') }}
    from events as visits
    inner join sessions
        on visits.node_number = sessions.id_number and visits.occurred_at between sessions.session_started_at and sessions.session_ended_at
    where visits.is_visit
    union all
    -- What a source counts of bots, held to what other events are held to.
    select
        {{ conversion_key('rejected') }} as conversion_id, false as is_of_session, true as is_of_bot,  -- noqa: LT09
        rejected.{{ told | join(', rejected.') }}
    from {{ ref('int_events_received') }} as rejected
    where
        rejected.rejection_reason = 'bot' and rejected.is_conversion and rejected.conversion_kind != 'refund' and not rejected.is_buffered
        and rejected.event_id is not null and rejected.occurred_at is not null
        and not coalesce({{ is_implausible_time('rejected.occurred_at', 'rejected.received_at') }}, false)
        and coalesce({{ is_json('rejected.properties') }}, true)

),

said as (

    -- "(not set)" is no word, "(direct)" is one.
    select
        {{ all_but(['properties']) }},
        replace(lower({{ campaign_value(words.channel) }}), ' ', '_') as reported_channel,
        lower({{ campaign_value(words.source, is_origin=true) }}) as reported_source,
        lower({{ campaign_value(words.medium) }}) as reported_medium,
        coalesce(lower(trim({{ words.source }})) in ('(direct)', 'direct', '$direct'), false)
        or coalesce(lower(trim({{ words.medium }})) in ('(none)', 'none'), false) as is_direct
    from saying

),

told as (

    select
        *,
        is_direct or coalesce(reported_channel, reported_source, reported_medium) is not null as is_own_word
    from said

),

final as (

    select
        {{ all_but(['utm_source', 'utm_medium', 'is_direct']) }} replace (
            coalesce(case when is_own_word then reported_source else utm_source end, '') as reported_source,
            coalesce(case when is_own_word then reported_medium else utm_medium end, '') as reported_medium
        )
    from told
    qualify
        is_own_word
        or (coalesce(utm_source, utm_medium) is not null and max(case when is_own_word then 1 else 0 end) over (partition by source_name, space_id) = 0)

)

select * from final
