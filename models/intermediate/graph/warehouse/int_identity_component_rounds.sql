{{
    config(
        materialized='rounds',
        pre_hook="
            create or replace table {{ this }} as
            select id_rank as node_number, id_rank as parent_number
            from {{ ref('int_identity_ranked_ids') }}
        "
    )
}}

{{ component_round(this, ref('int_identity_component_links')) }}
