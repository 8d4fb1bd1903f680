{{ config(materialized='view') }}

-- depends_on: {{ ref('int_erasure_receipts') }}
with received as (

    select * from {{ ref('int_events_received') }}

),

final as (

    select
        event_id,
        source_name,
        raw_file,
        rejection_reason as reason,
        space_id,
        event_type,
        event_name,
        schema_version,
        occurred_at,
        received_at,
        anonymous_id,
        device_id,
        user_id,
        account_id,
        order_id,
        revenue_amount,
        currency_code,
        page_path,
        properties
    from received
    where
        rejection_reason is not null
        and rejection_reason not in ('erased', 'expired')
        and not is_buffered

)

select * from final
