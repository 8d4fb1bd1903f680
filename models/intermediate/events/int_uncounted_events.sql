{{ config(materialized='view') }}
{% set recounts = may_hold_rows(ref('int_changed_visitors'), 'is_recounted') and last_complete_load() > 0 %}

-- The events that the models below have to take up in this run: the new ones, and all earlier ones of visitors that are counted again.
with uncounted_events as (

    select * from {{ ref('int_events') }}
    where load_number > {{ last_complete_load() }}
    {% if recounts %}
        union all
        select events.*
        from {{ ref('int_events') }} as events
        inner join {{ ref('int_changed_visitors') }} as visitors on events.id_number = visitors.id_number
        where visitors.is_recounted and events.load_number <= {{ last_complete_load() }}
    {% endif %}

),

shared_events as (

    select * from {{ ref('int_shared_events') }}

),

final as (

    select
        events.* replace (coalesce(shared_events.id_number, events.id_number) as id_number),  -- noqa: RF02
        events.id_number as visitor_number,
        coalesce(shared_events.node_id, events.anonymous_id) as node_id
    from uncounted_events as events
    left join shared_events on events.event_number = shared_events.event_number

)

select * from final
