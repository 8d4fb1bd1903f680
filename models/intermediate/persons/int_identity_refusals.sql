-- One row per two clusters that evidence would join and a limit or an override keeps apart.
with evidence as (

    select * from {{ ref('int_identity_evidence') }}

),

clusters as (

    select * from {{ ref('int_identity_clusters') }}

),

limited_values as (

    select * from {{ ref('int_identity_limited_values') }}

),

refused_clusters as (

    select distinct
        least(clusters_a.cluster_number, clusters_b.cluster_number) as cluster_a,
        greatest(clusters_a.cluster_number, clusters_b.cluster_number) as cluster_b
    from evidence
    inner join clusters as clusters_a on evidence.id_number_a = clusters_a.id_number
    inner join clusters as clusters_b on evidence.id_number_b = clusters_b.id_number
    where clusters_a.cluster_number != clusters_b.cluster_number

),

refused_sides as (

    select
        cluster_a,
        cluster_b,
        cluster_a as cluster_number
    from refused_clusters
    union all
    select
        cluster_a,
        cluster_b,
        cluster_b as cluster_number
    from refused_clusters

),

broken_limits as (

    select
        refused_sides.cluster_a,
        refused_sides.cluster_b,
        limited_values.key_type
    from refused_sides
    inner join clusters on refused_sides.cluster_number = clusters.cluster_number
    inner join limited_values on clusters.id_number = limited_values.id_number
    group by refused_sides.cluster_a, refused_sides.cluster_b, limited_values.key_type
    having count(distinct limited_values.key_number) > min(limited_values.max_values_per_profile)

),

final as (

    select
        refused_clusters.cluster_a,
        refused_clusters.cluster_b,
        coalesce(
            min(case when broken_limits.key_type like 'never_link: %' then 'override: never_link' end),
            'limit: ' || min(broken_limits.key_type)
        ) as refusal_reason
    from refused_clusters
    left join broken_limits
        on
            refused_clusters.cluster_a = broken_limits.cluster_a
            and refused_clusters.cluster_b = broken_limits.cluster_b
    group by refused_clusters.cluster_a, refused_clusters.cluster_b

)

select * from final
