-- One row per two clusters that evidence would join and a limit or an override keeps apart.
{{
    config(
        materialized='incremental',
        incremental_strategy='replace_changed',
        unique_key='cluster_a',
        meta={'changed_entities': {'model': 'int_identity_reclustered_ids', 'columns': ['id_number']}}
    )
}}

-- depends_on: {{ ref('int_identity_reclustered_ids') }}
-- depends_on: {{ ref('int_identity_refusals_before') }}
with evidence as (

    select * from {{ ref('int_identity_reclustered_evidence') }}

),

clusters as (

    select * from {{ ref('int_identity_clusters') }}

),

limited_values as (

    select * from {{ ref('int_identity_limited_values') }}

),

override_links as (

    select * from {{ ref('int_identity_override_links') }}

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

cluster_values as (

    select distinct
        clusters.cluster_number,
        limited_values.key_type,
        limited_values.key_number,
        limited_values.max_values_per_profile
    from limited_values
    inner join clusters on limited_values.id_number = clusters.id_number

),

broken_limits as (

    select
        refused_clusters.cluster_a,
        refused_clusters.cluster_b,
        cluster_values.key_type
    from refused_clusters
    inner join cluster_values
        on cluster_values.cluster_number in (refused_clusters.cluster_a, refused_clusters.cluster_b)
    group by refused_clusters.cluster_a, refused_clusters.cluster_b, cluster_values.key_type
    having count(distinct cluster_values.key_number) > min(cluster_values.max_values_per_profile)

),

never_linked as (

    select distinct
        least(clusters_a.cluster_number, clusters_b.cluster_number) as cluster_a,
        greatest(clusters_a.cluster_number, clusters_b.cluster_number) as cluster_b
    from override_links
    inner join clusters as clusters_a on override_links.id_number_a = clusters_a.id_number
    inner join clusters as clusters_b on override_links.id_number_b = clusters_b.id_number
    where override_links.override_type = 'never_link'

),

final as (

    select
        refused_clusters.cluster_a,
        refused_clusters.cluster_b,
        case
            when min(never_linked.cluster_a) is not null then 'override: never_link'
            else 'limit: ' || min(broken_limits.key_type)
        end as refusal_reason
    from refused_clusters
    left join never_linked
        on
            refused_clusters.cluster_a = never_linked.cluster_a
            and refused_clusters.cluster_b = never_linked.cluster_b
    left join broken_limits
        on
            refused_clusters.cluster_a = broken_limits.cluster_a
            and refused_clusters.cluster_b = broken_limits.cluster_b
    group by refused_clusters.cluster_a, refused_clusters.cluster_b

)

select * from final
