-- Ids whose person has to be found again: the touched ones, and all that shared a component with one of them.
{{ config(meta={'lasts_for_a_run': true}) }}

with touched_ids as (

    select * from {{ ref('int_identity_touched_ids') }}

),

override_links as (

    select * from {{ ref('int_identity_override_links') }}

),

best_partners as (

    select * from {{ ref('int_identity_best_partners') }}

),

ids as (

    select * from {{ ref('int_identity_ids') }}

),

{% if last_complete_load() > 0 %}
    clusters_before as (

        select * from {{ previous_run('int_identity_clusters') }}

    ),

    starting_ids as (

        select id_number from touched_ids
        union distinct
        select best_partners.partner_id_number as id_number
        from best_partners
        inner join touched_ids on best_partners.id_number = touched_ids.id_number
        union distinct
        select id_number_a as id_number from override_links
        union distinct
        select id_number_b as id_number from override_links
        union distinct
        -- An override may be gone by now.
        select id_number from clusters_before
        where is_overridden

    ),

    components_before as (

        select distinct clusters_before.component_number
        from clusters_before
        inner join starting_ids on clusters_before.id_number = starting_ids.id_number

    ),

    reclustered_ids as (

        select id_number from starting_ids
        union distinct
        select clusters_before.id_number
        from clusters_before
        inner join components_before on clusters_before.component_number = components_before.component_number

    ),

    known_ids as (

        select
            reclustered_ids.id_number,
            clusters_before.component_number as component_number_before,
            clusters_before.cluster_number as cluster_number_before,
            clusters_before.cluster_size as cluster_size_before,
            clusters_before.first_seen_at as first_seen_at_before,
            clusters_before.first_visit_at as first_visit_at_before
        from reclustered_ids
        left join clusters_before on reclustered_ids.id_number = clusters_before.id_number

    ),
{% else %}
    known_ids as (

        select
            id_number,
            cast(null as {{ dbt.type_bigint() }}) as component_number_before,
            cast(null as {{ dbt.type_bigint() }}) as cluster_number_before,
            cast(null as {{ dbt.type_bigint() }}) as cluster_size_before,
            cast(null as {{ dbt.type_timestamp() }}) as first_seen_at_before,
            cast(null as {{ dbt.type_timestamp() }}) as first_visit_at_before
        from ids

    ),
{% endif %}

final as (

    select
        known_ids.*,
        ids.space_id,
        ids.first_seen_at,
        ids.first_visit_at,
        ids.id_number is not null as is_observed,
        -- Ranked by first visit, so that the smallest rank of a component is its anchor.
        row_number() over (
            order by
                case when ids.id_number is null then 1 else 0 end,
                {{ anchor_order('known_ids.id_number') }}
        ) as id_rank
    from known_ids
    left join ids on known_ids.id_number = ids.id_number

)

select * from final
