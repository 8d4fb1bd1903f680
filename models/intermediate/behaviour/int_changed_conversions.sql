-- Reports of conversions that a run brought a report of, or took one from: those of one order, which change together.
{{ config(meta={'lasts_for_a_run': true}) }}
{% set order_or_conversion_id -%}
    case
        when order_id is null then {{ surrogate_key(["'event'", 'source_name', 'event_id']) }}
        else {{ surrogate_key(['space_id', 'order_id']) }}
    end
{%- endset %}
-- depends_on: {{ ref('int_changed_visitors') }}
with changed_reports as (

    {% for events in ['int_events', 'int_restated_events'] %}
        select
            {{ order_or_conversion_id }} as order_or_conversion_id,
            space_id,
            anonymous_id,
            id_number,
            occurred_at
        from {{ ref(events) }}
        where is_conversion{{ ' and load_number > ' ~ last_complete_load() if events == 'int_events' }}
        {{ 'union all' if not loop.last }}
    {% endfor %}

),

changed_orders as (

    select distinct order_or_conversion_id
    from changed_reports

),

reports as (

    -- All of them are only read where an order changed.
    select
        {{ order_or_conversion_id }} as order_or_conversion_id,
        space_id,
        anonymous_id,
        id_number,
        occurred_at
    from {{ ref('int_events') }}
    where is_conversion

),

final as (

    select
        order_or_conversion_id,
        space_id,
        anonymous_id,
        id_number,
        cast(occurred_at as date) as reported_date
    from changed_reports
    union distinct
    select
        reports.order_or_conversion_id,
        reports.space_id,
        reports.anonymous_id,
        reports.id_number,
        cast(reports.occurred_at as date) as reported_date
    from reports
    inner join changed_orders on reports.order_or_conversion_id = changed_orders.order_or_conversion_id

)

select * from final
