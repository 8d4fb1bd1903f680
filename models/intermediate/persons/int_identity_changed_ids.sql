-- Ids whose component is not as published: its members, their persons, what links them or what keeps them apart.
{{ config(meta={'lasts_for_a_run': true}) }}

with clusters as (

    select * from {{ ref('int_identity_clusters') }}

),

resolved as (

    select * from {{ ref('int_identity_resolved') }}

),

ids as (

    select * from {{ ref('int_identity_ranked_ids') }}

),

published as (

    {% if last_complete_load() > 0 %}
        select id_number, person_number, component_hash  -- noqa: LT09
        from {{ previous_run('int_identity_history') }}
        where valid_to_at is null
    {% else %}
        select
            id_number,
            person_number,
            cast(null as {{ dbt.type_bigint() }}) as component_hash
        from resolved
        where false
    {% endif %}

),

members as (

    select
        clusters.component_number,
        clusters.id_number,
        resolved.person_number,
        {{ hash_64([
            'ids.id_number', 'ids.first_seen_at', 'ids.first_visit_at', 'resolved.linked_component_number', 'resolved.person_number',
            'resolved.is_above_cap'
        ]) }} as part_hash
    from clusters
    inner join resolved on clusters.id_number = resolved.id_number
    inner join ids on clusters.id_number = ids.id_number

),

parts as (

    select
        component_number,
        part_hash
    from members
    union all
    select
        clusters.component_number,
        {{ hash_64([
            'evidence.id_number_a', 'evidence.id_number_b', 'evidence.key_number', 'evidence.earlier_date', 'evidence.later_date',
            'evidence.linked_at', 'evidence.link_method'
        ]) }} as part_hash
    from {{ ref('int_identity_evidence') }} as evidence
    inner join clusters on evidence.id_number_a = clusters.id_number
    union all
    select
        clusters.component_number,
        {{ hash_64(['refusals.cluster_a', 'refusals.cluster_b', 'refusals.refusal_reason']) }} as part_hash
    from {{ ref('int_identity_refusals') }} as refusals
    inner join clusters on refusals.cluster_a = clusters.id_number

),

component_hashes as (

    -- In no order, because parts have none.
    select
        component_number,
        bit_xor(part_hash) as component_hash
    from parts
    group by component_number

),

changed as (

    select
        coalesce(members.id_number, published.id_number) as id_number,
        published.person_number as person_number_before,
        members.person_number,
        component_hashes.component_hash
    from members
    inner join component_hashes on members.component_number = component_hashes.component_number
    full join published on members.id_number = published.id_number
    where component_hashes.component_hash is distinct from published.component_hash

),

final as (

    select
        changed.id_number,
        coalesce(ids.space_id, visitors.space_id) as space_id,
        coalesce(ids.node_id, visitors.node_id) as node_id,
        changed.person_number_before,
        changed.person_number,
        changed.component_hash
    from changed
    left join ids on changed.id_number = ids.id_number
    left join {{ ref('int_changed_visitors') }} as visitors on changed.id_number = visitors.id_number

)

select * from final
