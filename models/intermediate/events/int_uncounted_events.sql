{{ config(materialized='view') }}

-- The events that the models below have to take up in this run.
with events as (

    select * from {{ ref('int_events') }}

),

recounted_visitors as (

    select * from {{ ref('int_changed_visitors') }}
    where is_recounted

),

final as (

    select * from events
    where load_number > {{ last_complete_load() }}
    union all
    select events.*
    from events
    inner join recounted_visitors on events.id_number = recounted_visitors.id_number
    where events.load_number <= {{ last_complete_load() }}

)

select * from final
