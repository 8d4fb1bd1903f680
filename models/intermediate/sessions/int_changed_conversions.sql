-- Conversions that this run brought a report of, or took one from, with the report that counted before. A refund is its
-- order's, so the conversions of one order change together.
{{ config(meta={'lasts_for_a_run': true}) }}

with events as (

    select
        {{ conversion_id() }} as conversion_id,
        space_id,
        order_id,
        load_number
    from {{ ref('int_events') }}
    where is_conversion

),

restated_events as (

    select
        {{ conversion_id() }} as conversion_id,
        space_id,
        order_id
    from {{ ref('int_restated_events') }}
    where is_conversion

),

changed_reports as (

    select
        conversion_id,
        space_id,
        order_id
    from events
    where load_number > {{ last_complete_load() }}
    union distinct
    select
        conversion_id,
        space_id,
        order_id
    from restated_events

),

changed_conversions as (

    select conversion_id from changed_reports
    union distinct
    select events.conversion_id
    from events
    inner join changed_reports
        on
            events.space_id = changed_reports.space_id
            and events.order_id = changed_reports.order_id

),

final as (

    {% if last_complete_load() > 0 %}
        select
            changed_conversions.conversion_id,
            stored.id_number as id_number_before,
            stored.converted_at as converted_at_before
        from changed_conversions
        left join {{ previous_run('int_conversions') }} as stored
            on changed_conversions.conversion_id = stored.conversion_id
    {% else %}
        select
            conversion_id,
            cast(null as {{ dbt.type_bigint() }}) as id_number_before,
            cast(null as {{ dbt.type_timestamp() }}) as converted_at_before
        from changed_conversions
    {% endif %}

)

select * from final
