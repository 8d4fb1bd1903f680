-- Ids of components that hold more values of a limited key than they may, or a pair that must stay apart.
{{ config(meta={'lasts_for_a_run': true}) }}

with components as (

    select * from {{ ref('int_identity_components') }}

),

limited_values as (

    select * from {{ ref('int_identity_limited_values') }}

),

ids as (

    select * from {{ ref('int_identity_ranked_ids') }}

),

limit_breaks as (

    select distinct components.component_number
    from limited_values
    inner join components on limited_values.id_number = components.id_number
    group by components.component_number, limited_values.key_type
    having count(distinct limited_values.key_number) > min(limited_values.max_values_per_profile)

),

final as (

    select
        ids.id_number,
        ids.id_rank,
        components.component_number
    from components
    inner join limit_breaks on components.component_number = limit_breaks.component_number
    inner join ids on components.id_number = ids.id_number

)

select * from final
