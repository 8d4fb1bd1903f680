{{
    config(
        materialized='rounds',
        meta={'lasts_for_a_run': true},
        pre_hook="
            create or replace table {{ this }} as
            select id_rank as node_number, id_rank as parent_number
            from {{ ref('int_identity_outlier_ids') }}
        "
    )
}}

{# What holds ids of an outlier cluster together even when it is dissolved: one login, or one email address. #}
{% set binding_links -%}
    (
        select
            ids_a.id_rank as node_number_a,
            ids_b.id_rank as node_number_b
        from {{ ref('int_identity_evidence') }} as evidence
        inner join {{ ref('int_identity_outlier_ids') }} as ids_a on evidence.id_number_a = ids_a.id_number
        inner join {{ ref('int_identity_outlier_ids') }} as ids_b
            on evidence.id_number_b = ids_b.id_number and ids_a.cluster_number = ids_b.cluster_number
        where evidence.key_type in ('user_id', 'email_hash')
    ) as binding_links
{%- endset %}
{{ component_round(this, binding_links) }}
