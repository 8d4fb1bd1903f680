-- Reports of conversions that a run brought a report of, or took one from: those of one order, which change together.
{{ config(meta={'lasts_for_a_run': true}) }}
{% set report -%}
    case
        when order_id is null then {{ surrogate_key(["'event'", 'source_name', 'event_id']) }}
        else {{ surrogate_key(['space_id', 'order_id']) }}
    end as order_or_conversion_id,
    space_id,
    anonymous_id,
    id_number,
    cast(occurred_at as date) as reported_date
{%- endset %}
-- depends_on: {{ ref('int_changed_visitors') }}
with changed_reports as (

    select {{ report }}
    from {{ ref('int_events') }}
    where is_conversion and load_number > {{ last_complete_load() }}
    union all
    select {{ report }}
    from {{ ref('int_restated_events') }}
    where is_conversion

),

changed_orders as (

    select distinct order_or_conversion_id
    from changed_reports

),

reports as (

    -- All of them are only read where an order changed.
    select {{ report }}
    from {{ ref('int_events') }}
    where is_conversion

),

final as (

    select * from changed_reports
    union distinct
    select reports.*
    from reports
    inner join changed_orders on reports.order_or_conversion_id = changed_orders.order_or_conversion_id

)

select * from final
