{{ config(materialized='view') }}

with received as (

    select * from {{ ref('int_events_numbered') }}

),

duplicates as (

    select * from {{ ref('int_event_duplicates') }}

),

final as (

    select received.* exclude (raw_row_number, rejection_reason, is_buffered, lifecycle_status)  -- noqa: RF02
    from received
    left join duplicates
        on received.raw_row_number = duplicates.raw_row_number
    where
        received.rejection_reason is null
        and not received.is_buffered
        and duplicates.raw_row_number is null

)

select * from final
