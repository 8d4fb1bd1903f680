-- Ids whose person, or what is said of it, may have changed: the reclustered ones, and those of components that a moved
-- cap dissolves or no longer does.
with reclustered_ids as (

    select * from {{ ref('int_identity_reclustered_ids') }}

),

ids as (

    select * from {{ ref('int_identity_ids') }}

),

visitors as (

    select * from {{ ref('int_changed_visitors') }}

),

{% if last_complete_load() > 0 %}
    resolved_before as (

        select * from {{ source('previous_run', 'int_identity_resolved') }}

    ),

    large_clusters as (

        select
            clusters.id_number,
            clusters.cluster_size > caps.max_component_size as is_outlier_component
        from {{ ref('int_identity_clusters') }} as clusters
        inner join {{ ref('int_identity_component_caps') }} as caps on clusters.space_id = caps.space_id
        where clusters.cluster_size > {{ var('component_cap_floor') }}

    ),

    all_changed_ids as (

        select id_number from reclustered_ids
        union distinct
        select large_clusters.id_number
        from large_clusters
        inner join resolved_before
            on large_clusters.id_number = resolved_before.id_number
        where large_clusters.is_outlier_component != resolved_before.is_outlier_component

    ),

    changed_ids as (

        select
            all_changed_ids.id_number,
            resolved_before.person_number as person_number_before
        from all_changed_ids
        left join resolved_before on all_changed_ids.id_number = resolved_before.id_number

    ),
{% else %}
    changed_ids as (

        select
            id_number,
            cast(null as {{ dbt.type_bigint() }}) as person_number_before
        from reclustered_ids

    ),
{% endif %}

final as (

    select
        changed_ids.id_number,
        coalesce(ids.space_id, visitors.space_id) as space_id,
        coalesce(ids.anonymous_id, visitors.anonymous_id) as anonymous_id,
        changed_ids.person_number_before,
        row_number() over (
            order by
                case when ids.id_number is null then 1 else 0 end,
                ids.first_visit_at, ids.anonymous_id, ids.space_id, changed_ids.id_number
        ) as id_rank
    from changed_ids
    left join ids on changed_ids.id_number = ids.id_number
    left join visitors on changed_ids.id_number = visitors.id_number

)

select * from final
