-- The person each id ends in, after limits and the component cap.
with clusters as (

    select * from {{ ref('int_identity_clusters') }}

),

sized as (

    select
        space_id,
        id_number,
        cluster_number as component_number,
        count(*) over (partition by cluster_number) as linked_component_size
    from clusters

),

cumulated_sizes as (

    select
        space_id,
        linked_component_size,
        sum(count(distinct component_number)) over (
            partition by space_id order by linked_component_size
        ) as components_up_to_size,
        sum(count(distinct component_number)) over (partition by space_id) as all_components
    from sized
    where linked_component_size > 1
    group by space_id, linked_component_size

),

caps as (

    select
        space_id,
        greatest(min(linked_component_size), {{ var('component_cap_floor') }}) as max_component_size
    from cumulated_sizes
    where components_up_to_size >= {{ var('component_cap_percentile') }} * all_components
    group by space_id

),

capped as (

    select
        sized.*,
        coalesce(sized.linked_component_size > caps.max_component_size, false) as is_outlier_component
    from sized
    left join caps on sized.space_id = caps.space_id

),

final as (

    select
        space_id,
        id_number,
        -- An outlier component is dissolved: each id stands for itself.
        case when is_outlier_component then id_number else component_number end as person_number,
        case when is_outlier_component then 1 else linked_component_size end as component_size,
        linked_component_size,
        is_outlier_component,
        component_number as linked_component_number
    from capped

)

select * from final
