-- The component of each id, cut where a limit or an override demands it.
with components as (

    select * from {{ ref('int_identity_components') }}

),

limited_components as (

    select * from {{ ref('int_identity_limited_components') }}

),

ids as (

    select * from {{ ref('int_identity_ranked_ids') }}

),

final as (

    select
        ids.space_id,
        components.id_number,
        ids.id_rank,
        components.component_number,
        coalesce(limited_components.component_number, components.component_number) as cluster_number,
        count(*) over (
            partition by coalesce(limited_components.component_number, components.component_number)
        ) as cluster_size,
        limited_components.id_number is not null as is_contested
    from components
    inner join ids on components.id_number = ids.id_number
    left join limited_components on components.id_number = limited_components.id_number

)

select * from final
