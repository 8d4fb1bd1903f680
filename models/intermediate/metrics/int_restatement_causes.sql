{{ config(materialized='view') }}

-- Only where a run continues the one before does it know what it changed.
with new_events as (

    select * from {{ ref('int_events') }}
    where load_number > {{ last_complete_load() }}

),

sessions as (

    select * from {{ ref('int_sessions') }}

),

restated_events as (

    select * from {{ ref('int_restated_events') }}

),

overrides as (

    select
        override_type,
        id_number_a,
        id_number_b,
        key_number
    from {{ ref('int_identity_overrides') }}

),

overrides_before as (

    select * from {{ ref('int_identity_overrides_before') }}

),

observations as (

    select * from {{ ref('int_identity_observations') }}

),

changed_ids as (

    select * from {{ ref('int_identity_changed_ids') }}

),

resolved as (

    select * from {{ ref('int_identity_resolved') }}

),

causes_by_events as (

    -- What arrives changes nothing that was counted before its session.
    select
        new_events.id_number,
        'late_events' as cause,
        min(cast(coalesce(sessions.session_started_at, new_events.occurred_at) as date)) as changed_from_date
    from new_events
    left join sessions
        on
            new_events.id_number = sessions.id_number
            and new_events.occurred_at between sessions.session_started_at and sessions.session_ended_at
    group by new_events.id_number
    union distinct
    select
        id_number,
        cause,
        cast(null as date) as changed_from_date
    from restated_events

),

overrides_then_and_now as (

    select * from overrides
    union all
    select * from overrides_before

),

changed_overrides as (

    select
        id_number_a,
        id_number_b,
        key_number
    from overrides_then_and_now
    group by override_type, id_number_a, id_number_b, key_number
    having count(*) = 1

),

overridden_ids as (

    select id_number_a as id_number
    from changed_overrides
    where id_number_a is not null
    union distinct
    select id_number_b as id_number
    from changed_overrides
    where id_number_b is not null
    union distinct
    select observations.id_number
    from observations
    inner join changed_overrides on observations.key_number = changed_overrides.key_number

),

causes_of_ids as (

    select
        id_number,
        cause,
        changed_from_date,
        true as is_by_events
    from causes_by_events
    union all
    select
        id_number,
        'override' as cause,
        cast(null as date) as changed_from_date,
        false as is_by_events
    from overridden_ids

),

moved_ids as (

    select
        changed_ids.id_number,
        changed_ids.person_number_before,
        resolved.person_number,
        -- An id that the graph lost is of no person any more.
        coalesce(resolved.person_number, 0) as person_number_or_none
    from changed_ids
    left join resolved on changed_ids.id_number = resolved.id_number
    where changed_ids.person_number_before is not null

),

split_persons as (

    select person_number_before
    from moved_ids
    group by person_number_before
    having count(distinct person_number_or_none) > 1

),

merged_persons as (

    select person_number
    from moved_ids
    where person_number is not null
    group by person_number
    having count(distinct person_number_before) > 1

),

decided_persons as (

    -- What was decided about one id of a person is also why its others moved.
    select distinct
        moved_ids.person_number_before,
        causes_of_ids.cause
    from causes_of_ids
    inner join moved_ids on causes_of_ids.id_number = moved_ids.id_number
    where causes_of_ids.cause not in ('late_events', 'duplicate')

),

causes_of_moved_ids as (

    -- A person that only got another anchor counts as it did.
    select distinct
        moved_ids.id_number,
        coalesce(
            decided_before.cause,
            case
                when split_persons.person_number_before is not null then 'split'
                when merged_persons.person_number is not null then 'merge'
            end
        ) as cause
    from moved_ids
    left join decided_persons as decided_before on moved_ids.person_number_before = decided_before.person_number_before
    left join split_persons on moved_ids.person_number_before = split_persons.person_number_before
    left join merged_persons on moved_ids.person_number = merged_persons.person_number
    where moved_ids.person_number is distinct from moved_ids.person_number_before

),

all_causes_of_ids as (

    select
        id_number,
        cause,
        changed_from_date,
        is_by_events
    from causes_of_ids
    union all
    select
        id_number,
        cause,
        cast(null as date) as changed_from_date,
        false as is_by_events
    from causes_of_moved_ids
    where cause is not null

),

causes_of_persons as (

    select
        resolved.person_number,
        all_causes_of_ids.cause,
        all_causes_of_ids.changed_from_date
    from all_causes_of_ids
    inner join resolved on all_causes_of_ids.id_number = resolved.id_number
    union all
    select
        moved_ids.person_number_before as person_number,
        all_causes_of_ids.cause,
        all_causes_of_ids.changed_from_date
    from all_causes_of_ids
    inner join moved_ids on all_causes_of_ids.id_number = moved_ids.id_number

),

final as (

    select
        'id' as identity_type,
        id_number as identity_number,
        cause,
        min(changed_from_date) as changed_from_date,
        {{ dbt.bool_or('is_by_events') }} as is_by_events
    from all_causes_of_ids
    group by id_number, cause
    union all
    select
        'person' as identity_type,
        person_number as identity_number,
        cause,
        min(changed_from_date) as changed_from_date,
        false as is_by_events
    from causes_of_persons
    group by person_number, cause

)

select * from final
