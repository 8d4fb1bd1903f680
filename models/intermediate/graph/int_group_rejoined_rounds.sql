{{
    config(
        materialized='rounds',
        meta={'max_rounds': 1000},
        pre_hook="
            create or replace table {{ this }} as
            select node_number, parent_number
            from {{ ref('int_group_limited_rounds') }}
        "
    )
}}

{{ limited_round(this, ref('int_group_rejoined_links'), ref('int_group_contested_values')) }}
