{{
    config(
        materialized='incremental',
        incremental_strategy='replace_changed',
        unique_key='id_number_a',
        meta={'changed_entities': {'model': 'int_identity_reclustered_ids', 'columns': ['id_number']}}
    )
}}

-- What changes is told by comparing with the evidence of the run before, so that has to come first:
-- depends_on: {{ ref('int_identity_changed_ids') }}
-- depends_on: {{ ref('int_identity_reclustered_ids') }}
select * from {{ ref('int_identity_reclustered_evidence') }}
