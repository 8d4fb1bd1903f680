{{
    config(
        materialized='incremental',
        incremental_strategy='replace_changed',
        unique_key='conversion_id',
        meta={'changed_entities': {'model': 'int_changed_conversions'}}
    )
}}

with reports as (

    select
        {{ conversion_id() }} as conversion_id,
        event_name,
        order_id,
        space_id,
        anonymous_id,
        id_number,
        occurred_at as converted_at,
        revenue_amount,
        currency_code,
        source_name,
        event_id
    from {{ ref('int_events') }}
    where is_conversion

),

changed_conversions as (

    select * from {{ ref('int_changed_conversions') }}

),

first_reports as (

    -- Browser and server may both report an order; the first report counts.
    select *
    from reports
    {% if is_incremental() %}
        where conversion_id in (select conversion_id from changed_conversions)
    {% endif %}
    qualify
        row_number() over (
            partition by conversion_id
            order by converted_at, event_id, source_name
        ) = 1

),

final as (

    select {{ all_but(['source_name', 'event_id']) }}  -- noqa: RF02
    from first_reports

)

select * from final
