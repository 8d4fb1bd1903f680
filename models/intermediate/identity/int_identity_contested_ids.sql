-- Ids of components that hold more values of a limited key than they may, or a pair that must stay apart.
{{ config(meta={'lasts_for_a_run': true}) }}

with components as (

    select * from {{ ref('int_identity_components') }}

),

limited_values as (

    select * from {{ ref('int_identity_limited_values') }}

),

never_links as (

    select * from {{ ref('int_identity_overrides') }}
    where override_type = 'never_link'

),

ids as (

    select * from {{ ref('int_identity_ranked_ids') }}

),

over_limit as (

    select components.component_number
    from limited_values
    inner join components on limited_values.id_number = components.id_number
    group by components.component_number, limited_values.key_type
    having count(distinct limited_values.key_number) > min(limited_values.max_values_per_profile)

),

joined_against_override as (

    select component_of_a.component_number
    from never_links
    inner join components as component_of_a on never_links.id_number_a = component_of_a.id_number
    inner join components as component_of_b on never_links.id_number_b = component_of_b.id_number
    where component_of_a.component_number = component_of_b.component_number

),

limit_breaks as (

    select component_number from over_limit
    union distinct
    select component_number from joined_against_override

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
