{{
    config(
        materialized='incremental',
        incremental_strategy='replace_changed',
        unique_key='key_number',
        meta={'changed_entities': {'model': 'int_identity_changed_keys'}}
    )
}}

with changed_keys as (

    select * from {{ ref('int_identity_changed_keys') }}
    where is_linkable

),

key_sizes as (

    select * from {{ ref('int_identity_key_sizes') }}

),

final as (

    select
        key_sizes.key_number,
        key_sizes.key_type
    from key_sizes
    inner join changed_keys on key_sizes.key_number = changed_keys.key_number

)

select * from final
