{{ config(materialized='view') }}

-- The days on which the run made rows anew that a metric counts, by the causes of the ids and persons behind the rows.
with causes as (

    select * from {{ ref('int_restatement_causes') }}

),

republished_sessions as (

    select * from {{ ref('int_republished_sessions') }}

),

touches as (

    select * from {{ ref('int_touches') }}

),

touched_sessions as (

    select * from {{ ref('int_touched_sessions') }}

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

days_of_sessions as (

    select
        touches.id_number,
        cast(touches.session_started_at as date) as metric_date
    from touches
    inner join republished_sessions on touches.session_id = republished_sessions.session_id
    union distinct
    select
        id_number,
        cast(session_started_at as date) as metric_date
    from touched_sessions

),

ids_of_changed_conversions as (

    select
        changed_conversions.conversion_id,
        conversions.id_number
    from changed_conversions
    inner join conversions on changed_conversions.conversion_id = conversions.conversion_id
    union distinct
    select
        conversion_id,
        id_number_before as id_number
    from changed_conversions

),

days_of_changed_conversions as (

    select
        changed_conversions.conversion_id,
        cast(conversions.converted_at as date) as metric_date
    from changed_conversions
    inner join conversions on changed_conversions.conversion_id = conversions.conversion_id
    union distinct
    select
        conversion_id,
        cast(converted_at_before as date) as metric_date
    from changed_conversions

),

days_of_conversions as (

    select
        id_number,
        cast(converted_at as date) as metric_date
    from conversions
    union distinct
    -- A report by another id moves a conversion from one day and id to the other.
    select
        ids_of_changed_conversions.id_number,
        days_of_changed_conversions.metric_date
    from ids_of_changed_conversions
    inner join days_of_changed_conversions
        on ids_of_changed_conversions.conversion_id = days_of_changed_conversions.conversion_id

),

final as (

    select
        'visits' as counted_rows,
        days_of_sessions.metric_date,
        causes.cause
    from days_of_sessions
    inner join causes on days_of_sessions.id_number = causes.identity_number
    where causes.identity_type = 'id' and causes.is_by_events
    union distinct
    select
        'visitors' as counted_rows,
        days_of_sessions.metric_date,
        causes.cause
    from days_of_sessions
    inner join causes on days_of_sessions.id_number = causes.identity_number
    where causes.identity_type = 'id'
    union distinct
    select
        'conversions' as counted_rows,
        days_of_conversions.metric_date,
        causes.cause
    from days_of_conversions
    inner join causes on days_of_conversions.id_number = causes.identity_number
    where causes.identity_type = 'id' and causes.is_by_events
    union distinct
    select
        'credits' as counted_rows,
        days_of_conversions.metric_date,
        causes.cause
    from days_of_conversions
    inner join causes on days_of_conversions.id_number = causes.identity_number
    where causes.identity_type = 'id'
    union distinct
    select
        'credits' as counted_rows,
        days_of_conversions.metric_date,
        causes.cause
    from days_of_conversions
    inner join resolved on days_of_conversions.id_number = resolved.id_number
    inner join causes on resolved.person_number = causes.identity_number
    where causes.identity_type = 'person'

)

select * from final
where metric_date is not null
