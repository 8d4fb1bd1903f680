{{
    config(
        materialized='incremental',
        incremental_strategy='replace_changed',
        unique_key=['space_id', 'anonymous_id_a'],
        meta={'changed_entities': {'model': 'int_identity_changed_ids', 'columns': ['space_id', 'node_id']}}
    )
}}

with changed_ids as (

    select * from {{ ref('int_identity_changed_ids') }}

),

evidence as (

    select * from {{ ref('int_identity_evidence') }}
    {% if is_incremental() %}
        where id_number_a in (select id_number from changed_ids)
    {% endif %}

),

key_values as (

    select * from {{ ref('int_identity_key_values') }}

),

links as (

    select * from {{ ref('int_identity_links') }}

),

resolved as (

    select * from {{ ref('int_identity_resolved') }}

),

ids as (

    select * from {{ ref('int_identity_ids') }}

),

refusals as (

    select * from {{ ref('int_identity_refusals') }}

),

final as (

    select
        ids_a.space_id,
        least(ids_a.node_id, ids_b.node_id) as anonymous_id_a,
        greatest(ids_a.node_id, ids_b.node_id) as anonymous_id_b,
        evidence.key_type,
        coalesce(key_values.key_value, case when evidence.key_type = 'override' then 'always_link' end) as key_value,
        evidence.earlier_date,
        evidence.later_date,
        evidence.linked_at,
        evidence.key_confidence,
        links.confidence,
        resolved_a.person_number = resolved_b.person_number as is_accepted,
        resolved_a.person_number = resolved_b.person_number
        and row_number() over (
            partition by evidence.id_number_a, evidence.id_number_b, evidence.key_type
            order by evidence.linked_at, key_values.key_value
        ) = 1 as is_link,
        case
            when resolved_a.person_number = resolved_b.person_number then null
            when resolved_a.linked_component_number = resolved_b.linked_component_number then 'outlier_component'
            else refusals.refusal_reason
        end as refusal_reason
    from evidence
    inner join links
        on
            evidence.id_number_a = links.id_number_a
            and evidence.id_number_b = links.id_number_b
    inner join ids as ids_a on evidence.id_number_a = ids_a.id_number
    inner join ids as ids_b on evidence.id_number_b = ids_b.id_number
    inner join resolved as resolved_a on evidence.id_number_a = resolved_a.id_number
    inner join resolved as resolved_b on evidence.id_number_b = resolved_b.id_number
    left join key_values on evidence.key_number = key_values.key_number
    left join refusals
        on
            least(resolved_a.linked_component_number, resolved_b.linked_component_number) = refusals.cluster_a
            and greatest(resolved_a.linked_component_number, resolved_b.linked_component_number) = refusals.cluster_b

)

select * from final
