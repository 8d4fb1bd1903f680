{{
    config(
        materialized='rounds',
        meta={'lasts_for_a_run': true},
        pre_hook="
            create or replace table {{ this }} as
            select id_rank as node_number, id_rank as parent_number
            from {{ ref('int_identity_clusters') }}
            where cluster_size > {{ var('component_cap_floor') }}
        "
    )
}}

{# What holds ids of a cluster together even when it is dissolved: one login, or one email address. #}
{% set binding_links -%}
    (
        select
            ids_a.id_rank as node_number_a,
            ids_b.id_rank as node_number_b
        from (
            select id_number_a, id_number_b, key_type from {{ ref('int_identity_candidate_links') }}
            union all
            select id_number_a, id_number_b, key_type from {{ ref('int_identity_contested_evidence') }}
        ) as links
        inner join {{ ref('int_identity_clusters') }} as ids_a
            on links.id_number_a = ids_a.id_number and ids_a.cluster_size > {{ var('component_cap_floor') }}
        inner join {{ ref('int_identity_clusters') }} as ids_b
            on links.id_number_b = ids_b.id_number and ids_a.cluster_number = ids_b.cluster_number
        where links.key_type in ('user_id', 'email_hash')
    ) as binding_links
{%- endset %}
{{ component_round(this, binding_links) }}
