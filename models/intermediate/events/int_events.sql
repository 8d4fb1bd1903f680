{{ config(materialized='view') }}

with received as (

    select * from {{ ref('int_events_received') }}

),

-- depends_on: {{ ref('int_event_duplicates') }}
final as (

    select {{ all_but(['event_hash', 'rejection_reason', 'is_buffered', 'is_duplicate', 'lifecycle_status']) }}  -- noqa: RF02
    from received
    where rejection_reason is null and not is_buffered and not is_duplicate

)

select * from final
