-- Ids whose person changed: its members, its anchor, what links them, what keeps them from others, or whether a moved cap
-- dissolves it.
{{ config(meta={'lasts_for_a_run': true}) }}

with reclustered_ids as (

    select * from {{ ref('int_identity_reclustered_ids') }}

),

ids as (

    select * from {{ ref('int_identity_ids') }}

),

visitors as (

    select * from {{ ref('int_changed_visitors') }}

),

clusters as (

    select * from {{ ref('int_identity_clusters') }}

),

outlier_ids as (

    select * from {{ ref('int_identity_outlier_ids') }}

),

evidence as (

    select * from {{ ref('int_identity_reclustered_evidence') }}

),

refusals as (

    select * from {{ ref('int_identity_refusals') }}

),

refusals_before as (

    select * from {{ ref('int_identity_refusals_before') }}

),

{% if last_complete_load() > 0 %}
    reclustered as (

        select
            reclustered_ids.id_number,
            reclustered_ids.component_number_before,
            clusters.component_number,
            clusters.cluster_number is distinct from reclustered_ids.cluster_number_before
            or clusters.cluster_size is distinct from reclustered_ids.cluster_size_before
            or clusters.first_seen_at is distinct from reclustered_ids.first_seen_at_before
            or clusters.first_visit_at is distinct from reclustered_ids.first_visit_at_before as is_changed
        from reclustered_ids
        left join clusters on reclustered_ids.id_number = clusters.id_number

    ),

    evidence_before as (

        select stored.*
        from {{ previous_run('int_identity_evidence') }} as stored
        inner join reclustered_ids on stored.id_number_a = reclustered_ids.id_number

    ),

    changed_evidence as (

        (select * from evidence except distinct select * from evidence_before)
        union all
        (select * from evidence_before except distinct select * from evidence)

    ),

    ids_of_changed_evidence as (

        select id_number_a as id_number from changed_evidence
        union distinct
        select id_number_b as id_number from changed_evidence

    ),

    refusals_now as (

        select refusals.*
        from refusals
        inner join reclustered_ids on refusals.cluster_a = reclustered_ids.id_number

    ),

    changed_refusals as (

        (select * from refusals_now except distinct select * from refusals_before)
        union all
        (select * from refusals_before except distinct select * from refusals_now)

    ),

    changed_components as (

        -- Where a limit cuts a component, its parts refuse each other: one part's change is the others' news.
        select component_number
        from reclustered
        where is_changed
        union distinct
        select component_number_before as component_number
        from reclustered
        where is_changed
        union distinct
        select reclustered.component_number
        from reclustered
        inner join ids_of_changed_evidence on reclustered.id_number = ids_of_changed_evidence.id_number
        union distinct
        select reclustered.component_number
        from reclustered
        inner join changed_refusals on reclustered.id_number in (changed_refusals.cluster_a, changed_refusals.cluster_b)

    ),

    resolved_before as (

        select * from {{ previous_run('int_identity_resolved') }}

    ),

    recapped_components as (

        -- With all their parts, because the links between two parts are published by either end.
        select distinct clusters.component_number
        from clusters
        inner join resolved_before on clusters.id_number = resolved_before.id_number
        left join outlier_ids on clusters.id_number = outlier_ids.id_number
        where
            clusters.cluster_size > {{ var('component_cap_floor') }}
            and (outlier_ids.id_number is not null) != resolved_before.is_above_cap

    ),

    all_changed_ids as (

        select reclustered.id_number
        from reclustered
        inner join changed_components on reclustered.component_number = changed_components.component_number
        union distinct
        select reclustered.id_number
        from reclustered
        inner join changed_components on reclustered.component_number_before = changed_components.component_number
        union distinct
        select id_number
        from reclustered
        where component_number is null
        union distinct
        select clusters.id_number
        from clusters
        inner join recapped_components on clusters.component_number = recapped_components.component_number

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
                {{ anchor_order('changed_ids.id_number') }}
        ) as id_rank
    from changed_ids
    left join ids on changed_ids.id_number = ids.id_number
    left join visitors on changed_ids.id_number = visitors.id_number

)

select * from final
