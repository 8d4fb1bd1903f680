{{ config(materialized='view') }}

with cohorts as (

    select * from {{ ref('conversion_cohorts') }}

),

records as (

    select * from {{ ref('customer_records') }}
    where has_consent

),

data_clock as (

    -- How far the events reach, also those that are no visits; the wall clock would end memberships while a load is late.
    select max(last_seen_at) as newest_event_at
    from {{ ref('persons') }}

),

rules as (

    select * from {{ ref('suppression_rules') }}
    where is_enabled

),

members as (

    select
        cohorts.cohort_name,
        cohorts.space_id,
        cohorts.universal_id,
        min(cohorts.qualified_at) as first_qualified_at,
        max(cohorts.qualified_at) as last_qualified_at,
        -- The person's own, the same in each of its rows.
        min(cohorts.identity_confidence) as identity_confidence,
        {{ dbt.bool_or('cohorts.is_activatable') }} as is_activatable
    from cohorts
    inner join data_clock
        on
            cohorts.qualified_at <= data_clock.newest_event_at
            and (cohorts.ended_at is null or cohorts.ended_at > data_clock.newest_event_at)
    group by cohorts.cohort_name, cohorts.space_id, cohorts.universal_id

),

suppressed as (

    select
        members.cohort_name,
        members.space_id,
        members.universal_id,
        min(rules.rule_name) as suppressed_by
    from members
    inner join records
        on
            members.space_id = records.space_id
            and members.universal_id = records.universal_id
    inner join rules
        on
            {{ suppresses('rules', 'records') }}
            and (rules.cohort_name is null or members.cohort_name = rules.cohort_name)
    group by members.cohort_name, members.space_id, members.universal_id

),

final as (

    select
        members.cohort_name,
        members.space_id,
        members.universal_id,
        members.first_qualified_at,
        members.last_qualified_at,
        members.identity_confidence,
        suppressed.suppressed_by,
        members.is_activatable and suppressed.suppressed_by is null as is_activatable
    from members
    left join suppressed
        on
            members.cohort_name = suppressed.cohort_name
            and members.space_id = suppressed.space_id
            and members.universal_id = suppressed.universal_id

)

select * from final
