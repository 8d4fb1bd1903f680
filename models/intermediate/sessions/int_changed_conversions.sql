-- Conversions that this run brought a report of, or took one from.
with events as (

    select * from {{ ref('int_events') }}
    where is_conversion and load_number > {{ last_complete_load() }}

),

demoted_events as (

    select * from {{ ref('int_demoted_events') }}
    where is_conversion

),

final as (

    select {{ conversion_id() }} as conversion_id
    from events
    union distinct
    select {{ conversion_id() }} as conversion_id
    from demoted_events

)

select * from final
