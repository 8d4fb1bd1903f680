{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        pre_hook="{{ forget_removed_events('event_number') }}"
    )
}}

-- depends_on: {{ ref('int_removed_events') }}
-- depends_on: {{ ref('int_erasure_receipts') }}
with received as (

    select * from {{ ref('int_events_received') }}
    where load_number > {{ last_complete_load() }}

),

final as (

    select
        event_number,
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
