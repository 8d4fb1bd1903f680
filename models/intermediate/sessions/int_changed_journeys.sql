-- One row per person or cookie whose sessions or conversions changed: from which moment on. What lies before that moment
-- stays as it was, unless the person itself is another.
{{ config(meta={'lasts_for_a_run': true}) }}

with changed_identities as (

    select * from {{ ref('int_changed_identities') }}

),

changed_ids as (

    select * from {{ ref('int_identity_changed_ids') }}

),

recounted_visitors as (

    select * from {{ ref('int_changed_visitors') }}
    where is_recounted

),

touches as (

    select * from {{ ref('int_touches') }}

),

touched_sessions as (

    select * from {{ ref('int_touched_sessions') }}

),

republished_sessions as (

    select * from {{ ref('int_republished_sessions') }}

),

conversions as (

    select * from {{ ref('int_conversions') }}

),

changed_conversions as (

    select * from {{ ref('int_changed_conversions') }}

),

resolved as (

    select * from {{ ref('int_identity_resolved') }}

),

over_limit as (

    select distinct limited_values.id_number
    from {{ ref('int_identity_limited_values') }} as limited_values
    inner join {{ ref('int_changed_visitors') }} as changed_visitors
        on limited_values.id_number = changed_visitors.id_number
    where limited_values.value_count > limited_values.max_values_per_profile

),

converted as (

    select
        conversions.id_number,
        conversions.converted_at
    from conversions
    inner join changed_conversions on conversions.conversion_id = changed_conversions.conversion_id
    union all
    select
        id_number_before as id_number,
        converted_at_before as converted_at
    from changed_conversions
    where id_number_before is not null

),

visitors_and_moments as (

    select
        touches.id_number,
        touches.session_started_at as changed_from_at
    from touches
    inner join republished_sessions on touches.session_id = republished_sessions.session_id
    union all
    select
        id_number,
        session_started_at as changed_from_at
    from touched_sessions
    union all
    -- A conversion counts for the session as a whole, so from its start on.
    select
        converted.id_number,
        coalesce(touches.session_started_at, converted.converted_at) as changed_from_at
    from converted
    left join touches
        on
            converted.id_number = touches.id_number
            and converted.converted_at between touches.session_started_at and touches.session_ended_at

),

moments as (

    select
        id_number as identity_number,
        changed_from_at
    from visitors_and_moments
    union all
    select
        resolved.person_number as identity_number,
        visitors_and_moments.changed_from_at
    from visitors_and_moments
    inner join resolved on visitors_and_moments.id_number = resolved.id_number

),

other_persons as (

    select id_number as identity_number
    from changed_ids
    union distinct
    -- Whoever withdrew consent is not the same for activation, from the beginning.
    select resolved.person_number as identity_number
    from recounted_visitors
    inner join resolved on recounted_visitors.id_number = resolved.id_number
    union distinct
    -- Nor is whoever may be over a limit only now.
    select resolved.person_number as identity_number
    from over_limit
    inner join resolved on over_limit.id_number = resolved.id_number
    union distinct
    select resolved.person_number as identity_number
    from changed_ids
    inner join resolved on changed_ids.id_number = resolved.id_number
    union distinct
    select person_number_before as identity_number
    from changed_ids

),

first_moments as (

    select
        identity_number,
        min(changed_from_at) as changed_from_at
    from moments
    group by identity_number

),

final as (

    select
        changed_identities.identity_number,
        changed_identities.space_id,
        changed_identities.identity_id,
        -- Null = from the beginning.
        case when other_persons.identity_number is null then first_moments.changed_from_at end as changed_from_at
    from changed_identities
    left join other_persons on changed_identities.identity_number = other_persons.identity_number
    left join first_moments on changed_identities.identity_number = first_moments.identity_number

)

select * from final
