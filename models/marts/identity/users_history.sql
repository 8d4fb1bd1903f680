{{
    config(
        materialized='incremental',
        incremental_strategy='replace_changed',
        unique_key=['space_id', 'anonymous_id'],
        meta={'changed_entities': {'model': 'int_identity_changed_ids'}}
    )
}}

with ids as (

    select * from {{ ref('int_identity_ids') }}

),

changed_ids as (

    select * from {{ ref('int_identity_changed_ids') }}

),

key_values as (

    select * from {{ ref('int_identity_key_values') }}

),

first_evidence as (

    -- A link may rest on several keys; the first to become known is the one that merged.
    select
        evidence.*,
        key_values.key_value
    from {{ ref('int_identity_evidence') }} as evidence
    {% if is_incremental() %}
        inner join changed_ids on evidence.id_number_a = changed_ids.id_number
    {% endif %}
    left join key_values on evidence.key_number = key_values.key_number
    qualify
        row_number() over (
            partition by evidence.id_number_a, evidence.id_number_b
            order by evidence.linked_at, evidence.priority, evidence.key_type, key_values.key_value
        ) = 1

),

changes as (

    select
        id_number,
        id_number as person_number,
        first_seen_at as changed_at,
        'first_seen' as change_type,
        cast(null as {{ dbt.type_bigint() }}) as id_number_a,
        cast(null as {{ dbt.type_bigint() }}) as id_number_b,
        cast(null as {{ dbt.type_bigint() }}) as linked_id_number,
        cast(-1 as {{ dbt.type_bigint() }}) as replay_position
    from ids
    {% if is_incremental() %}
        where id_number in (select id_number from changed_ids)
    {% endif %}
    union all
    select
        id_number,
        person_number,
        merged_at as changed_at,
        'merged' as change_type,
        id_number_a,
        id_number_b,
        linked_id_number,
        replay_position
    from {{ ref('int_identity_merges') }}

),

last_changes_at_once as (

    -- Of several changes at one moment the last holds.
    select *
    from changes
    qualify row_number() over (partition by id_number, changed_at order by replay_position desc) = 1

),

validity_ranges as (

    select
        *,
        lead(changed_at) over (partition by id_number order by changed_at) as next_changed_at
    from last_changes_at_once

),

final as (

    select
        ids.space_id,
        ids.anonymous_id,
        anchors.anonymous_id as universal_id,
        validity_ranges.changed_at as valid_from_at,
        validity_ranges.next_changed_at as valid_to_at,
        validity_ranges.next_changed_at is null as is_current,
        validity_ranges.change_type,
        first_evidence.key_type as evidence_key_type,
        coalesce(first_evidence.key_value, case when first_evidence.key_type = 'override' then 'always_link' end) as evidence_key_value,
        linked_ids.anonymous_id as linked_anonymous_id
    from validity_ranges
    inner join ids on validity_ranges.id_number = ids.id_number
    inner join ids as anchors on validity_ranges.person_number = anchors.id_number
    left join ids as linked_ids on validity_ranges.linked_id_number = linked_ids.id_number
    left join first_evidence
        on
            validity_ranges.id_number_a = first_evidence.id_number_a
            and validity_ranges.id_number_b = first_evidence.id_number_b

)

select * from final
