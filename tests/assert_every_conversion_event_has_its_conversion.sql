-- Each kind of conversion of an order of a space is one conversion, of refunds each amount, each conversion event without an
-- order is one, and none is lost.
with conversion_events as (

    select * from {{ ref('int_events') }}
    where is_conversion

),

expected as (

    select distinct
        space_id,
        order_id,
        case when order_id is not null then conversion_kind end as conversion_kind,
        case when order_id is not null and conversion_kind = 'refund' then abs(revenue_amount) end as refunded_amount,
        -- Whichever events report it.
        case when order_id is null then source_name end as source_name,
        case when order_id is null then event_id end as event_id
    from conversion_events

),

counts as (

    select
        'expected' as counted_in,
        count(*) as conversion_count
    from expected
    union all
    select
        'conversions' as counted_in,
        count(*) as conversion_count
    from {{ ref('conversions') }}

)

select
    min(conversion_count) as lower_count,
    max(conversion_count) as higher_count
from counts
having min(conversion_count) != max(conversion_count)
