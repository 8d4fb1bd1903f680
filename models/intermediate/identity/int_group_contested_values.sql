-- What contested persons hold of limited keys.
{{ config(meta={'lasts_for_a_run': true}) }}

with limited_values as (

    select * from {{ ref('int_group_limited_values') }}

),

persons as (

    select * from {{ ref('int_group_contested_persons') }}

),

final as (

    select
        persons.node_number,
        limited_values.key_type,
        limited_values.key_number,
        limited_values.max_values_per_profile
    from limited_values
    inner join persons
        on
            limited_values.resolution_level = persons.resolution_level
            and limited_values.person_number = persons.person_number

)

select * from final
