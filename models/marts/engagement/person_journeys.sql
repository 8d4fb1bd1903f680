{{ config(materialized='view') }}
{% set valid_from_microsecond = dbt.datediff("'1970-01-01'", 'changes.valid_from_at', 'microsecond') %}
{% set changed_microsecond = dbt.datediff("'1970-01-01'", 'changes.changed_at', 'microsecond') %}

with nodes as (

    select
        ids.id_number,
        ids.space_id,
        ids.node_id,
        anchors.node_id as universal_id
    from {{ ref('int_identity_ids') }} as ids
    inner join {{ ref('int_identity_resolved') }} as resolved on ids.id_number = resolved.id_number
    inner join {{ ref('int_identity_ids') }} as anchors on resolved.person_number = anchors.id_number

),

stated as (

    {{ ids_of_statements(ref('int_consent_withdrawals')) }}

),

persons_of_statements as (

    select distinct stated.stated_by, nodes.universal_id  -- noqa: LT09
    from stated
    inner join nodes on stated.id_number = nodes.id_number

),

sessions as (

    select * from {{ ref('sessions') }}

),

conversions as (

    select * from {{ ref('conversions') }}

),

-- What several things of one moment are ordered by comes first: an id is seen before its session, and a merge is told by an event of it.
journeys as (

    select  -- noqa: LT09
        2 as rank_at_moment, 'session' as journey_event, {{ surrogate_key(["'session'", 'session_id']) }} as journey_event_id,
        space_id, universal_id, session_started_at as happened_at, anonymous_id,
        session_id, null as conversion_id, null as evidence_key_type, null as linked_anonymous_id, null as detail
    from sessions
    where has_consent
    union all
    select  -- noqa: LT09
        3 as rank_at_moment, case when is_refund then 'refund' else 'conversion' end as journey_event,
        {{ surrogate_key(["'conversion'", 'conversion_id']) }} as journey_event_id,
        space_id, universal_id, converted_at as happened_at, anonymous_id,
        session_id, conversion_id, null as evidence_key_type, null as linked_anonymous_id, null as detail
    from conversions
    where has_consent
    union all
    -- Whom an id belonged to then is a part of the same person now. Of an id that several users shared, this tells whose a change is.
    select  -- noqa: LT09
        case changes.change_type when 'merged' then 5 else 1 end as rank_at_moment, changes.change_type as journey_event,
        {{ surrogate_key(['changes.change_type', 'changes.space_id', 'changes.anonymous_id', valid_from_microsecond]) }} as journey_event_id,
        changes.space_id, nodes.universal_id, changes.valid_from_at as happened_at, changes.anonymous_id,
        null as session_id, null as conversion_id, changes.evidence_key_type, changes.linked_anonymous_id, null as detail
    from {{ ref('users_history') }} as changes
    inner join nodes on changes.space_id = nodes.space_id and changes.universal_id = nodes.node_id
    union all
    select  -- noqa: LT09
        4 as rank_at_moment, 'record' as journey_event, {{ surrogate_key(["'record'", 'space_id', 'channel', 'record_id']) }} as journey_event_id,
        space_id, universal_id, opened_at as happened_at, anonymous_id,
        null as session_id, null as conversion_id, null as evidence_key_type, null as linked_anonymous_id,
        channel || coalesce(' ' || record_type, '') || coalesce(' ' || status, '') as detail
    from {{ ref('customer_records') }}
    where has_consent
    union all
    -- A withdrawal speaks for the device, and so for each person who has a part in it, or for whoever was seen with the login that it names.
    select  -- noqa: LT09
        6 as rank_at_moment, changes.change_type as journey_event,
        {{ surrogate_key(['changes.change_type', 'changes.space_id', 'changes.anonymous_id', changed_microsecond, 'persons.universal_id']) }}
            as journey_event_id,
        changes.space_id, coalesce(persons.universal_id, changes.anonymous_id) as universal_id, changes.changed_at as happened_at,
        changes.anonymous_id, null as session_id, null as conversion_id, null as evidence_key_type, null as linked_anonymous_id, null as detail
    from {{ ref('int_consent_changes') }} as changes
    left join persons_of_statements as persons on changes.id_number = persons.stated_by

),

final as (

    select
        journeys.journey_event_id,
        journeys.space_id,
        journeys.universal_id,
        row_number() over (
            partition by journeys.space_id, journeys.universal_id
            order by journeys.happened_at, journeys.rank_at_moment, journeys.journey_event_id
        ) as journey_position,
        journeys.happened_at,
        journeys.journey_event,
        journeys.anonymous_id,
        journeys.session_id,
        journeys.conversion_id,
        sessions.channel,
        conversions.event_name,
        conversions.revenue_amount,
        conversions.currency_code,
        journeys.evidence_key_type,
        journeys.linked_anonymous_id,
        journeys.detail
    from journeys
    left join sessions on journeys.session_id = sessions.session_id
    left join conversions on journeys.conversion_id = conversions.conversion_id

)

select * from final
