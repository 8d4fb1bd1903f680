-- What changed persons were observed with before this run.
{{ config(meta={'lasts_for_a_run': true}) }}

{% set stored = previous_run('int_group_observations') %}

with changed_persons as (

    select * from {{ ref('int_group_changed_persons') }}

),

final as (

    {% if last_complete_load() > 0 %}
        select distinct
            stored.resolution_level,
            stored.key_number
        from {{ stored }} as stored
        inner join changed_persons on stored.person_number = changed_persons.person_number
    {% else %}
        select
            cast(null as {{ dbt.type_string() }}) as resolution_level,
            person_number as key_number
        from changed_persons
        where false
    {% endif %}

)

select * from final
