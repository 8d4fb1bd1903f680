{{
    config(
        materialized='incremental',
        incremental_strategy='replace_changed',
        unique_key=['resolution_level', 'key_number'],
        meta={'changed_entities': {'model': 'int_group_changed_keys'}}
    )
}}

with changed_keys as (

    select * from {{ ref('int_group_changed_keys') }}

),

final as (

    select
        resolution_level,
        key_number
    from changed_keys
    where is_linkable

)

select * from final
