-- The person each id ends in, after limits and the component cap.
{{
    config(
        materialized='incremental',
        incremental_strategy='replace_changed',
        unique_key='id_number',
        meta={'changed_entities': {'model': 'int_identity_changed_ids'}}
    )
}}

with changed_ids as (

    select * from {{ ref('int_identity_changed_ids') }}

),

clusters as (

    select * from {{ ref('int_identity_clusters') }}
    {% if is_incremental() %}
        where id_number in (select id_number from changed_ids)
    {% endif %}

),

caps as (

    select * from {{ ref('int_identity_component_caps') }}

),

capped as (

    select
        clusters.*,
        coalesce(clusters.cluster_size > caps.max_component_size, false) as is_outlier_component
    from clusters
    left join caps on clusters.space_id = caps.space_id

),

final as (

    select
        space_id,
        id_number,
        -- An outlier component is dissolved: each id stands for itself.
        case when is_outlier_component then id_number else cluster_number end as person_number,
        case when is_outlier_component then 1 else cluster_size end as component_size,
        cluster_size as linked_component_size,
        is_outlier_component,
        cluster_number as linked_component_number
    from capped

)

select * from final
