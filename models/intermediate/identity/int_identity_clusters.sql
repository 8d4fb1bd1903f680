-- The component of each id, cut where a limit or an override demands it.
with components as (

    select * from {{ ref('identity_components') }}

),

limited_components as (

    select * from {{ ref('identity_limited_components') }}

),

ids as (

    select * from {{ ref('int_identity_ids') }}

),

final as (

    select
        ids.space_id,
        ids.id_number,
        coalesce(limited_components.component_number, components.component_number) as cluster_number,
        limited_components.id_number is not null as is_contested
    from ids
    inner join components on ids.id_number = components.id_number
    left join limited_components on ids.id_number = limited_components.id_number

)

select * from final
