-- The largest component of each space that is still believed.
with clusters as (

    select * from {{ ref('int_identity_clusters') }}

),

cluster_sizes as (

    select
        space_id,
        cluster_size,
        count(distinct cluster_number) as cluster_count
    from clusters
    where cluster_size > 1
    group by space_id, cluster_size

),

cumulated_sizes as (

    select
        space_id,
        cluster_size,
        sum(cluster_count) over (partition by space_id order by cluster_size) as clusters_up_to_size,
        sum(cluster_count) over (partition by space_id) as all_clusters
    from cluster_sizes

),

final as (

    select
        space_id,
        greatest(min(cluster_size), {{ var('component_cap_floor') }}) as max_component_size
    from cumulated_sizes
    where clusters_up_to_size >= round({{ var('component_cap_percentile') }} * all_clusters, 6)
    group by space_id

)

select * from final
