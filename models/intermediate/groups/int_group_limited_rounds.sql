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

{% set limited_values -%}
    (
        select distinct
            node_number,
            key_type,
            key_number,
            max_values_per_profile
        from {{ ref('int_group_observations') }}
        where max_values_per_profile is not null
    ) as limited_values
{%- endset %}
{{ limited_round(this, ref('int_group_contested_links'), limited_values) }}
