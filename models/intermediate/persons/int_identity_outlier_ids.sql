-- Ids of the clusters that are larger than is still believed. A cluster's size is the most ids active within the same 30
-- days: cookies that a customer had one after the other are no crowd.
{{ config(meta={'lasts_for_a_run': true}) }}

with clusters as (

    select * from {{ ref('int_identity_clusters') }}

),

active_days as (

    select * from {{ ref('int_active_days') }}

),

cluster_sizes as (

    select
        space_id,
        cluster_number,
        count(*) as id_count
    from clusters
    group by space_id, cluster_number
    having count(*) > 1

),

sightings as (

    -- The others are within the cap, whenever their ids were active.
    select
        clusters.cluster_number,
        clusters.id_number,
        active_days.active_date as observed_date,
        29 as window_days
    from clusters
    inner join active_days on clusters.id_number = active_days.id_number
    where clusters.cluster_size > {{ var('component_cap_floor') }}

),

window_sizes as (

    {{ largest_in_window('sightings', ['cluster_number'], 'id_number') }}

),

active_sizes as (

    select
        cluster_sizes.space_id,
        cluster_sizes.cluster_number,
        coalesce(window_sizes.member_count, cluster_sizes.id_count) as active_id_count
    from cluster_sizes
    left join window_sizes on cluster_sizes.cluster_number = window_sizes.cluster_number

),

caps as (

    {{ component_caps('active_sizes', 'active_id_count') }}

),

final as (

    select
        clusters.id_number,
        clusters.space_id,
        clusters.cluster_number,
        -- Ranked by first visit, so that the smallest rank of a part is its anchor.
        clusters.id_rank
    from clusters
    inner join active_sizes on clusters.cluster_number = active_sizes.cluster_number
    inner join caps on active_sizes.space_id = caps.space_id
    where active_sizes.active_id_count > caps.max_size

)

select * from final
