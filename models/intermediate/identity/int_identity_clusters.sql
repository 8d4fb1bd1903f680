-- The component of each id, cut where a limit or an override demands it.
{{
    config(
        materialized='incremental',
        incremental_strategy='replace_changed',
        unique_key='id_number',
        meta={'changed_entities': {'model': 'int_identity_reclustered_ids'}}
    )
}}

with components as (

    select * from {{ ref('int_identity_components') }}

),

limited_components as (

    select * from {{ ref('int_identity_limited_components') }}

),

override_links as (

    select * from {{ ref('int_identity_override_links') }}

),

ids as (

    select * from {{ ref('int_identity_reclustered_ids') }}

),

overridden_ids as (

    select id_number_a as id_number from override_links
    union distinct
    select id_number_b as id_number from override_links

),

overridden_components as (

    select distinct components.component_number
    from components
    inner join overridden_ids on components.id_number = overridden_ids.id_number

),

final as (

    select
        ids.space_id,
        components.id_number,
        ids.first_seen_at,
        ids.first_visit_at,
        components.component_number,
        coalesce(limited_components.component_number, components.component_number) as cluster_number,
        count(*) over (
            partition by coalesce(limited_components.component_number, components.component_number)
        ) as cluster_size,
        limited_components.id_number is not null as is_contested,
        overridden_components.component_number is not null as is_overridden
    from components
    inner join ids on components.id_number = ids.id_number
    left join limited_components on components.id_number = limited_components.id_number
    left join overridden_components on components.component_number = overridden_components.component_number

)

select * from final
