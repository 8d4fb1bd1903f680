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

suppressing as (

    select * from {{ ref('suppression_rules') }}
    where is_enabled

),

last_versions as (

    -- A record may change hands; whoever it was last recorded for has it. Of two versions of one moment, the one that keeps a
    -- person out of a campaign holds.
    select
        records.*,
        min(records.opened_at) over (partition by records.space_id, records.channel, records.record_id) as first_opened_at
    from records
    left join suppressing
        on
            records.has_consent
            and {{ suppresses('suppressing', 'records') }}
    qualify
        row_number() over (
            partition by records.space_id, records.channel, records.record_id
            order by
                records.updated_at desc, records.received_at desc, suppressing.rule_name is null asc, records.has_consent asc,
                records.event_id asc, suppressing.rule_name asc
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
