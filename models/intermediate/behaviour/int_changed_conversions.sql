-- Reports of conversions that a run brought a report of, or took one from: those of one order, which change together.
{{ config(meta={'lasts_for_a_run': true}) }}
-- depends_on: {{ ref('int_changed_visitors') }}
with reports as (

    select
        source_name,
        event_id,
        space_id,
        order_id,
        anonymous_id,
        id_number,
        cast(occurred_at as date) as reported_date,
        load_number > {{ last_complete_load() }} as is_changed
    from {{ ref('int_events') }}
    where is_conversion
    union all
    select
        source_name,
        event_id,
        space_id,
        order_id,
        anonymous_id,
        id_number,
        cast(occurred_at as date) as reported_date,
        true as is_changed
    from {{ ref('int_restated_events') }}
    where is_conversion

),

with_order as (

    select
        *,
        case
            when order_id is null then {{ surrogate_key(["'event'", 'source_name', 'event_id']) }}
            else {{ surrogate_key(['space_id', 'order_id']) }}
        end as order_or_conversion_id
    from reports

),

changed_orders as (

    select distinct order_or_conversion_id
    from with_order
    where is_changed

),

final as (

    select distinct
        with_order.order_or_conversion_id,
        with_order.space_id,
        with_order.anonymous_id,
        with_order.id_number,
        with_order.reported_date
    from with_order
    inner join changed_orders on with_order.order_or_conversion_id = changed_orders.order_or_conversion_id

)

select * from final
