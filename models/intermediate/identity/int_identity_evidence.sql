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

    select * from {{ ref('int_identity_reclustered_evidence') }}

),

final as (

    select evidence.*
    from evidence
    {% if is_incremental() %}
        inner join changed_ids on evidence.id_number_a = changed_ids.id_number
    {% endif %}

)

select * from final
