-- Ids whose person has to be found again: the touched ones, and all that shared a component with one of them.
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

        select * from {{ source('previous_run', 'int_identity_clusters') }}

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
{% else %}
    reclustered_ids as (

        select id_number from ids

    ),
{% endif %}

final as (

    select
        reclustered_ids.id_number,
        ids.space_id,
        ids.id_number is not null as is_observed,
        -- Ranked by first visit, so that the smallest rank of a component is its anchor.
        row_number() over (
            order by case when ids.id_number is null then 1 else 0 end, ids.first_visit_at, ids.anonymous_id, ids.space_id
        ) as id_rank
    from reclustered_ids
    left join ids on reclustered_ids.id_number = ids.id_number

)

select * from final
