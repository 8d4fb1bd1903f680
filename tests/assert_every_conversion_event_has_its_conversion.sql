-- Each order of a space is one conversion, each conversion event without an order is one, and none is lost.
with conversion_events as (

    select
        space_id,
        order_id,
        event_id,
        source_name
    from {{ ref('int_events') }}
    where is_conversion

),

expected as (

    select
        (select count(*) from (select distinct space_id, order_id from conversion_events where order_id is not null))
        + (select count(*) from conversion_events where order_id is null) as conversion_count

),

actual as (

    select count(*) as conversion_count
    from {{ ref('conversions') }}

)

select
    expected.conversion_count as expected_conversion_count,
    actual.conversion_count as actual_conversion_count
from expected
cross join actual
where expected.conversion_count != actual.conversion_count
