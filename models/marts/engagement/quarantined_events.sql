{{ config(materialized='view') }}

with rejected_events as (

    select * from {{ ref('int_rejected_events') }}

),

final as (

    select {{ all_but(['event_number']) }}
    from rejected_events

)

select * from final
