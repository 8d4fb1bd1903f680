{{ config(materialized='view') }}

with received as (

    select * from {{ ref('int_events_received') }}

),

duplicates as (

    select * from {{ ref('int_event_duplicates') }}

),

final as (

    select received.* exclude (event_hash, rejection_reason, is_buffered, lifecycle_status)  -- noqa: RF02
    from received
    left join duplicates
        on received.event_number = duplicates.event_number
    where
        received.rejection_reason is null
        and not received.is_buffered
        and duplicates.event_number is null

)

select * from final
