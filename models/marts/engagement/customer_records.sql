{{ config(materialized='view') }}

with records as (

    select * from {{ ref('int_records') }}

),

resolved as (

    select * from {{ ref('int_identity_resolved') }}

),

anchors as (

    select * from {{ ref('int_identity_ids') }}

),

last_versions as (

    -- A record may change hands; whoever it was last recorded for has it.
    select
        *,
        min(opened_at) over (partition by space_id, channel, record_id) as first_opened_at
    from records
    qualify
        row_number() over (
            partition by space_id, channel, record_id
            order by updated_at desc, received_at desc, event_id desc
        ) = 1

),

final as (

    select
        last_versions.space_id,
        last_versions.channel,
        last_versions.record_id,
        last_versions.record_type,
        last_versions.status,
        last_versions.first_opened_at as opened_at,
        last_versions.updated_at,
        last_versions.anonymous_id,
        coalesce(anchors.node_id, last_versions.anonymous_id) as universal_id,
        last_versions.has_consent
    from last_versions
    -- What is said without consent names nobody, whatever else is known of the customer.
    left join resolved on last_versions.id_number = resolved.id_number and last_versions.has_consent
    left join anchors on resolved.person_number = anchors.id_number

)

select * from final
