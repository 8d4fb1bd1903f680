-- Conversions that this run brought a report of, or took one from, with the report that counted before.
{{ config(meta={'lasts_for_a_run': true}) }}

with events as (

    select * from {{ ref('int_events') }}
    where is_conversion and load_number > {{ last_complete_load() }}

),

restated_events as (

    select * from {{ ref('int_restated_events') }}
    where is_conversion

),

changed_conversions as (

    select {{ conversion_id() }} as conversion_id
    from events
    union distinct
    select {{ conversion_id() }} as conversion_id
    from restated_events

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
