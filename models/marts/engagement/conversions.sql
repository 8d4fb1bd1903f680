with conversions as (

    select * from {{ ref('int_conversions') }}

),

touches as (

    select * from {{ ref('int_touches') }}

),

resolved as (

    select * from {{ ref('int_identity_resolved') }}

),

anchors as (

    select * from {{ ref('int_identity_ids') }}

),

final as (

    -- What a server reports, or a record, may lie in no session. It is its person's all the same.
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
        coalesce(touches.has_consent, conversions.has_consent) as has_consent,
        conversions.converted_at,
        conversions.attributed_at,
        conversions.revenue_amount,
        conversions.currency_code
    from conversions
    left join touches
        on
            conversions.id_number = touches.id_number
            and conversions.attributed_at between touches.session_started_at and touches.session_ended_at
    left join resolved
        on
            conversions.id_number = resolved.id_number
            and coalesce(touches.has_consent, conversions.has_consent)
    left join anchors on resolved.person_number = anchors.id_number

)

select * from final
