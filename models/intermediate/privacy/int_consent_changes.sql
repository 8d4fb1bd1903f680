{{ config(materialized='view') }}

with withdrawals as (

    select * from {{ ref('int_consent_withdrawals') }}

),

visitors as (

    select
        id_number,
        space_id,
        anonymous_id,
        max(occurred_at) as last_stated_at
    from {{ ref('int_events') }}
    where is_consent_change
    group by id_number, space_id, anonymous_id

),

changes as (

    -- A withdrawal that holds may take back all events of the id, and is then noted as older than them.
    select
        withdrawals.id_number,
        'consent_withdrawn' as change_type,
        case when withdrawals.restored_at is null then visitors.last_stated_at else withdrawals.withdrawn_at end as changed_at
    from withdrawals
    inner join visitors on withdrawals.id_number = visitors.id_number
    union all
    -- What ends a withdrawal may be the next one.
    select
        withdrawals.id_number,
        'consent_restored' as change_type,
        withdrawals.restored_at as changed_at
    from withdrawals
    left join withdrawals as next_withdrawals
        on
            withdrawals.id_number = next_withdrawals.id_number
            and withdrawals.restored_at = next_withdrawals.withdrawn_at
    where withdrawals.restored_at is not null and next_withdrawals.id_number is null

),

final as (

    select
        changes.id_number,
        visitors.space_id,
        visitors.anonymous_id,
        changes.change_type,
        changes.changed_at
    from changes
    inner join visitors on changes.id_number = visitors.id_number

)

select * from final
