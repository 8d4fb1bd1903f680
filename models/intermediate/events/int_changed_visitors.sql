-- One row per visitor that this run brought events of, or took events from. Those are counted again from all their events.
{{ config(meta={'lasts_for_a_run': true}) }}

with events as (

    select
        id_number,
        space_id,
        anonymous_id,
        false as is_recounted
    from {{ ref('int_events') }}
    where load_number > {{ last_complete_load() }}

),

restated_events as (

    select
        id_number,
        space_id,
        anonymous_id,
        true as is_recounted
    from {{ ref('int_restated_events') }}

),

combined as (

    select * from events
    union all
    select * from restated_events

),

final as (

    select
        id_number,
        {{ dbt.any_value('space_id') }} as space_id,
        {{ dbt.any_value('anonymous_id') }} as anonymous_id,
        {{ dbt.bool_or('is_recounted') }} as is_recounted
    from combined
    group by id_number

)

select * from final
