-- The person each id ends in, after limits and the component cap.
with clusters as (

    select * from {{ ref('int_identity_clusters') }}

),

outlier_ids as (

    select * from {{ ref('int_identity_outlier_ids') }}

),

outlier_rounds as (

    select * from {{ ref('int_identity_outlier_rounds') }}

),

outlier_parts as (

    -- An outlier component is dissolved into what a login or an email holds together; any other id stands for itself.
    select
        ids.id_number,
        anchors.id_number as part_number,
        count(*) over (partition by outlier_rounds.parent_number) as part_size,
        count(*) over (partition by ids.cluster_number)
        != count(*) over (partition by outlier_rounds.parent_number) as is_dissolved
    from outlier_rounds
    inner join outlier_ids as ids on outlier_rounds.node_number = ids.id_rank
    inner join outlier_ids as anchors on outlier_rounds.parent_number = anchors.id_rank

),

final as (

    select
        clusters.space_id,
        clusters.id_number,
        coalesce(outlier_parts.part_number, clusters.cluster_number) as person_number,
        coalesce(outlier_parts.part_size, clusters.cluster_size) as component_size,
        clusters.cluster_size as linked_component_size,
        coalesce(outlier_parts.is_dissolved, false) as is_outlier_component,
        outlier_parts.id_number is not null as is_above_cap,
        clusters.cluster_number as linked_component_number
    from clusters
    left join outlier_parts on clusters.id_number = outlier_parts.id_number

)

select * from final
