{{ config(materialized='view') }}
{# Read when the model compiles: each list of properties is then an expression of its own. #}
{% set property_lists = stored_rows(
    ref('trait_definitions'), 'distinct property_names', "where is_enabled and observed_in = 'events' order by 1"
) | map(attribute=0) | list %}

with definitions as (

    select * from {{ ref('trait_definitions') }}
    where is_enabled and observed_in = 'events'

),

resolved as (

    select * from {{ ref('int_identity_resolved') }}

),

anchors as (

    select * from {{ ref('int_identity_ids') }}

),

read_events as (

    -- The JSON is read of those events only that may tell a trait.
    select
        definitions.trait_name,
        events.event_number,
        events.id_number,
        events.occurred_at,
        events.event_id,
        events.source_name,
        case
            when events.properties is null or not {{ is_json('events.properties') }} then null
            {% for property_list in property_lists %}
                {% set paths = [] %}
                {% for name in property_list.split(',') %}
                    {% do paths.append((name | trim).split('.')) %}
                {% endfor %}
                when definitions.property_names = {{ sql_text(property_list) }} then {{ json_text_of_any('events.properties', paths) }}
            {% endfor %}
        end as trait_value
    from {{ ref('int_events') }} as events
    inner join definitions
        on
            (definitions.event_type is null or events.event_type = definitions.event_type)
            and (definitions.event_name is null or events.event_name like definitions.event_name)
    where events.has_consent

),

final as (

    -- Of a shared device the event tells the person. What is said in a session without consent is nobody's.
    select
        anchors.space_id,
        anchors.node_id as universal_id,
        read_events.trait_name,
        read_events.trait_value,
        read_events.source_name,
        read_events.occurred_at as observed_at,
        read_events.event_id as observation_id
    from read_events
    left join {{ ref('int_shared_events') }} as shared_events on read_events.event_number = shared_events.event_number
    left join {{ ref('int_sessions') }} as sessions
        on
            coalesce(shared_events.id_number, read_events.id_number) = sessions.id_number
            and read_events.occurred_at between sessions.session_started_at and sessions.session_ended_at
    inner join resolved on coalesce(shared_events.id_number, read_events.id_number) = resolved.id_number
    inner join anchors on resolved.person_number = anchors.id_number
    -- A list or an object is no value, nor is [removed].
    where
        read_events.trait_value != '[removed]'
        and not (left(read_events.trait_value, 1) in ('[', '{') and {{ is_json('read_events.trait_value') }})
        and coalesce(sessions.has_consent, true)

)

select * from final
