{{ config(materialized='view') }}

-- The events that the models below have to take up in this run.
with new_events as (

    select * from {{ ref('int_events') }}
    where load_number > {{ last_complete_load() }}

),

recounted_events as (

    select * from {{ ref('int_recounted_events') }}

),

final as (

    select * from new_events
    union all
    select * from recounted_events

)

select * from final
