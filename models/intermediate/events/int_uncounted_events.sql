{{ config(materialized='view') }}

-- The events that the models below have to take up in this run: the new ones, and all earlier ones of visitors that are counted again.
with new_events as (

    select * from {{ ref('int_events') }}
    where load_number > {{ last_complete_load() }}

),

recounted_visitors as (

    select id_number
    from {{ ref('int_changed_visitors') }}
    where is_recounted

),

recounted_events as (

    select events.*
    from {{ ref('int_events') }} as events
    inner join recounted_visitors on events.id_number = recounted_visitors.id_number
    where events.load_number <= {{ last_complete_load() if may_hold_rows(ref('int_changed_visitors'), 'is_recounted') else 0 }}

),

final as (

    select * from new_events
    union all
    select * from recounted_events

)

select * from final
