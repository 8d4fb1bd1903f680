{{
    config(
        materialized='rounds',
        meta={'max_rounds': 1000},
        pre_hook="
            create or replace table {{ this }} as
            select node_number_a as node_number, node_number_a as parent_number, true as is_open from {{ ref('int_group_contested_links') }}
            union distinct
            select node_number_b as node_number, node_number_b as parent_number, true as is_open from {{ ref('int_group_contested_links') }}
        "
    )
}}

{{ limited_round(this, ref('int_group_contested_links'), ref('int_group_limited_values')) }}
