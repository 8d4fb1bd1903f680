-- Events of earlier runs by visitors that are counted again; looked up once for all that counts them.
{{ config(meta={'lasts_for_a_run': true}) }}

with recounted_visitors as (

    select id_number
    from {{ ref('int_changed_visitors') }}
    where is_recounted

),

final as (

    select events.*
    from {{ ref('int_events') }} as events
    inner join recounted_visitors on events.id_number = recounted_visitors.id_number
    where events.load_number <= {{ last_complete_load() if has_recounted_visitors(ref('int_changed_visitors')) else 0 }}

)

select * from final
