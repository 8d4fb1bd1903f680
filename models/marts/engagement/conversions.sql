{{
    config(
        materialized='incremental',
        incremental_strategy='replace_changed',
        unique_key='conversion_id',
        meta={'changed_entities': {'model': 'int_republished_conversions'}}
    )
}}

-- depends_on: {{ ref('int_changed_identities') }}
with republished_conversions as (

    select * from {{ ref('int_republished_conversions') }}

),

conversions as (

    select * from {{ ref('int_conversions') }}
    {% if is_incremental() %}
        where conversion_id in (select conversion_id from republished_conversions)
    {% endif %}

),

touches as (

    select * from {{ ref('int_touches') }}

),

anchors as (

    select * from {{ ref('int_identity_ids') }}

),

final as (

    select
        conversions.conversion_id,
        conversions.conversion_kind,
        conversions.is_refund,
        conversions.event_name,
        conversions.order_id,
        conversions.space_id,
        conversions.anonymous_id,
        coalesce(anchors.anonymous_id, conversions.anonymous_id) as universal_id,
        touches.session_id,
        touches.has_consent,
        conversions.converted_at,
        conversions.attributed_at,
        conversions.revenue_amount,
        conversions.currency_code
    from conversions
    inner join touches
        on
            conversions.id_number = touches.id_number
            and conversions.attributed_at between touches.session_started_at and touches.session_ended_at
    left join anchors
        on
            touches.person_number = anchors.id_number
            and touches.has_consent

)

select * from final
