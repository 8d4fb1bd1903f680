{{ config(materialized='view') }}

-- The events that the models below have to take up in this run.
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
    where events.load_number <= {{ last_complete_load() }}

),

final as (

    select * from new_events
    {% if last_complete_load() > 0 %}
        union all
        select * from recounted_events
    {% endif %}

)

select * from final
