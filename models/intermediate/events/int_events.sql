{{ config(materialized='view') }}
{% set observed_since = retention_cutoff(['events', 'observations']) %}

with received as (

    select * from {{ ref('int_events_received') }}

),

withdrawals as (

    select * from {{ ref('int_consent_withdrawals') }}

),

-- depends_on: {{ ref('int_event_duplicates') }}
accepted as (

    select {{ all_but(['event_hash', 'rejection_reason', 'is_buffered', 'is_duplicate', 'lifecycle_status']) }}  -- noqa: RF02
    from received
    where rejection_reason is null and not is_buffered and not is_duplicate

),

final as (

    select
        accepted.{{ all_but(['has_consent']) }},  -- noqa: RF02
        {{ is_provisional('accepted.received_at') }} as is_provisional,
        accepted.has_consent and withdrawals.id_number is null as has_consent,
        {{ is_visit() }} as is_visit,
        accepted.has_consent
        and withdrawals.id_number is null
        {{ 'and accepted.occurred_at >= ' ~ observed_since if observed_since }} as is_observed
    from accepted
    left join withdrawals
        on
            accepted.id_number = withdrawals.id_number
            and accepted.occurred_at >= withdrawals.withdrawn_at
            and (withdrawals.restored_at is null or accepted.occurred_at < withdrawals.restored_at)

)

select * from final
