{{
    config(
        materialized='rounds',
        meta={'max_rounds': 1000},
        pre_hook="
            create or replace table {{ this }} as
            select node_number, node_number as parent_number
            from {{ ref('int_group_contested_persons') }}
        "
    )
}}

{{ limited_round(this, ref('int_group_contested_links'), ref('int_group_contested_values')) }}
