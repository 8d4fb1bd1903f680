-- What visitors that are counted again were observed with before this run.
{{ config(meta={'lasts_for_a_run': true}) }}

{% set stored = previous_run('int_identity_observations') %}

with recounted_visitors as (

    select * from {{ ref('int_changed_visitors') }}
    where is_recounted

),

final as (

    {% if last_complete_load() > 0 %}
        select distinct
            stored.id_number,
            stored.key_number
        from {{ stored }} as stored
        inner join recounted_visitors on stored.id_number = recounted_visitors.id_number
    {% else %}
        select
            id_number,
            id_number as key_number
        from recounted_visitors
        where false
    {% endif %}

)

select * from final
