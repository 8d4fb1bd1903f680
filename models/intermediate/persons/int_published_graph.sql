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

final as (

    select
        id_number,
        person_number,
        component_hash
    from changed_ids
    -- Ids that the graph lost are published no more.
    where person_number is not null

)

select * from final
