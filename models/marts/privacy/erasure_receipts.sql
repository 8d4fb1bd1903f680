{{ config(materialized='view') }}

with receipts as (

    select * from {{ ref('int_erasure_receipts') }}

),

requests as (

    select
        request_id,
        max(erased_until_at) as requested_at
    from {{ ref('int_erasure_requests') }}
    group by request_id

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
