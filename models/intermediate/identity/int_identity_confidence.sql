{{
    config(
        materialized='incremental',
        incremental_strategy='replace_changed',
        unique_key='id_number',
        meta={'changed_entities': {'model': 'int_identity_changed_ids'}}
    )
}}

-- depends_on: {{ ref('int_identity_changed_ids') }}
select * from {{ ref('int_identity_changed_confidence') }}
