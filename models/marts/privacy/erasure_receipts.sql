{{ config(materialized='view') }}

with last_complete as (

    -- Until a load is complete, tables that it has not made yet may hold the person.
    select max(load_number) as load_number
    from {{ previous_run('event_loads') }}
    where is_complete

),

receipts as (

    select receipts.*
    from {{ ref('int_erasure_receipts') }} as receipts
    inner join last_complete on receipts.load_number <= last_complete.load_number

),

requests as (

    select
        requests.request_id,
        max(requests.erased_until_at) as requested_at
    from {{ ref('int_erasure_requests') }} as requests
    inner join last_complete on requests.load_number <= last_complete.load_number
    group by requests.request_id

),

final as (

    select
        requests.request_id,
        requests.requested_at,
        receipts.erased_at,
        receipts.table_name,
        coalesce(receipts.row_count, 0) as row_count
    from requests
    left join receipts on requests.request_id = receipts.request_id

)

select * from final
