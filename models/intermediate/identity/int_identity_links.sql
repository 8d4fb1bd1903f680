-- One row per pair of ids, its evidence summed up.
{{
    config(
        materialized='incremental',
        incremental_strategy='replace_changed',
        unique_key='id_number_a',
        meta={'changed_entities': {'model': 'int_identity_changed_ids', 'columns': ['id_number']}}
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

by_key_type as (

    select
        id_number_a,
        id_number_b,
        key_type,
        max(key_confidence) as key_confidence,
        min(linked_at) as linked_at
    from evidence
    group by id_number_a, id_number_b, key_type

),

final as (

    select
        id_number_a,
        id_number_b,
        min(linked_at) as linked_at,
        -- 1 - product(1 - confidence); the floor keeps the logarithm finite, rounding keeps engines and threads equal.
        round(1 - exp(sum(ln(greatest(1 - key_confidence, 1e-12)))), 6) as confidence
    from by_key_type
    group by id_number_a, id_number_b

)

select * from final
