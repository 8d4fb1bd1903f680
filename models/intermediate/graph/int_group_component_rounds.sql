{{
    config(
        materialized='rounds',
        pre_hook="
            create or replace table {{ this }} as
            select node_number, node_number as parent_number
            from {{ ref('int_group_component_nodes') }}
        "
    )
}}

{{ component_round(this, ref('int_group_component_links')) }}
