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
        receipts.request_id,
        requests.requested_at,
        receipts.erased_at,
        receipts.table_name,
        receipts.row_count
    from receipts
    inner join requests on receipts.request_id = requests.request_id

)

select * from final
