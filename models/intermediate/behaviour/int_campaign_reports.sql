-- Of a source that keeps a last campaign of its own, that is its word. Of any other its word is the campaign that its events carry, as a
-- tool shows it that knows sessions and no persons.
{{ config(materialized='view') }}
{% set with_own_word = ['amplitude', 'ga4'] %}
{% set words = {} %}
{% for part in ['channel', 'source', 'medium'] %}
    {% do words.update({part: json_text('properties', 'reported_' ~ part)}) %}
{% endfor %}
{% set told = ['source_name', 'event_id', 'occurred_at', 'utm_source', 'utm_medium', 'properties'] %}

with sessions as (

    select
        conversions.conversion_id,
        sessions.id_number,
        sessions.session_started_at,
        sessions.session_ended_at
    from {{ ref('conversions') }} as conversions
    inner join {{ ref('int_sessions') }} as sessions on conversions.session_id = sessions.session_id
    where not conversions.is_refund

),

visits as (

    -- Few sessions convert, and only their events are read.
    select
        events.*,
        coalesce(shared_events.id_number, events.id_number) as node_number
    from {{ ref('int_events') }} as events
    left join {{ ref('int_shared_events') }} as shared_events on events.event_number = shared_events.event_number
    where events.is_visit and coalesce(shared_events.id_number, events.id_number) in (select sessions.id_number from sessions)

),

events as (

    select
        {{ conversion_key('reports') }} as conversion_id,
        false as is_of_session,
        reports.{{ told | join(', reports.') }}
    from {{ ref('int_events') }} as reports
    where reports.is_conversion and reports.conversion_kind != 'refund'
    union all
    select
        sessions.conversion_id,
        true as is_of_session,
        visits.{{ told | join(', visits.') }}
    from visits
    inner join sessions
        on
            visits.node_number = sessions.id_number
            and visits.occurred_at between sessions.session_started_at and sessions.session_ended_at
    union all
    -- What a source counts of bots.
    select
        {{ conversion_key('rejected') }} as conversion_id,
        false as is_of_session,
        rejected.{{ told | join(', rejected.') }}
    from {{ ref('int_events_received') }} as rejected
    where
        rejected.rejection_reason = 'bot' and rejected.is_conversion and rejected.conversion_kind != 'refund' and not rejected.is_buffered
        and coalesce({{ is_json('rejected.properties') }}, true)

),

said as (

    select
        conversion_id,
        is_of_session,
        source_name,
        event_id,
        occurred_at,
        coalesce({{ words.channel }}, {{ words.source }}, {{ words.medium }}) is not null as is_own_word,
        nullif(replace(lower(trim({{ words.channel }})), ' ', '_'), '') as reported_channel,
        coalesce(lower({{ campaign_value(words.source, is_origin=true) }}), '') as reported_source,
        coalesce(lower({{ campaign_value(words.medium) }}), '') as reported_medium,
        case when source_name not in ('{{ with_own_word | join("', '") }}') then utm_source end as utm_source,
        case when source_name not in ('{{ with_own_word | join("', '") }}') then utm_medium end as utm_medium
    from events

),

final as (

    select
        conversion_id,
        is_of_session,
        source_name,
        event_id,
        occurred_at,
        is_own_word,
        reported_channel,
        case when is_own_word then reported_source else coalesce(utm_source, '') end as reported_source,
        case when is_own_word then reported_medium else coalesce(utm_medium, '') end as reported_medium
    from said
    where is_own_word or coalesce(utm_source, utm_medium) is not null

)

select * from final
