{{ config(materialized='view') }}

-- The days on which the run made rows anew that a metric counts, by the causes of the ids and persons behind the rows.
with causes as (

    select * from {{ ref('int_restatement_causes') }}

),

changed_persons as (

    select * from {{ ref('int_changed_persons') }}

),

sessions as (

    select * from {{ ref('int_sessions') }}

),

restated_events as (

    select * from {{ ref('int_restated_events') }}

),

conversions as (

    select
        {{ hash_64(['space_id', 'anonymous_id']) }} as id_number,
        converted_at
    from {{ ref('conversions') }}

),

changed_conversions as (

    select * from {{ ref('int_changed_conversions') }}

),

resolved as (

    select * from {{ ref('int_identity_resolved') }}

),

days_of_sessions as (

    select
        sessions.id_number,
        cast(sessions.session_started_at as date) as metric_date
    from sessions
    inner join changed_persons on sessions.id_number = changed_persons.identity_number
    union distinct
    -- A session that began on the last day of a longer one was joined to it.
    select
        sessions.id_number,
        cast(sessions.session_ended_at as date) as metric_date
    from sessions
    inner join changed_persons on sessions.id_number = changed_persons.identity_number
    union distinct
    -- Of a session that is gone at least one event is.
    select
        id_number,
        cast(occurred_at as date) as metric_date
    from restated_events

),

days_of_conversions as (

    select
        id_number,
        cast(converted_at as date) as metric_date
    from conversions
    union distinct
    -- A report by another id moves a conversion from one day and id to the other.
    select
        reporters.id_number,
        changed_conversions.reported_date as metric_date
    from changed_conversions as reporters
    inner join changed_conversions
        on reporters.order_or_conversion_id = changed_conversions.order_or_conversion_id

),

counted as (

    select
        'visits' as counted_rows,
        'id' as identity_type,
        id_number as identity_number,
        metric_date
    from days_of_sessions
    union all
    select
        'visitors' as counted_rows,
        'id' as identity_type,
        id_number as identity_number,
        metric_date
    from days_of_sessions
    union all
    select
        'conversions' as counted_rows,
        'id' as identity_type,
        id_number as identity_number,
        metric_date
    from days_of_conversions
    union all
    select
        'credits' as counted_rows,
        'id' as identity_type,
        id_number as identity_number,
        metric_date
    from days_of_conversions
    union all
    select
        'credits' as counted_rows,
        'person' as identity_type,
        resolved.person_number as identity_number,
        days_of_conversions.metric_date
    from days_of_conversions
    inner join resolved on days_of_conversions.id_number = resolved.id_number

),

final as (

    -- Who a person is changes nothing that is counted by cookie.
    select distinct
        counted.counted_rows,
        counted.metric_date,
        causes.cause
    from counted
    inner join causes
        on
            counted.identity_type = causes.identity_type
            and counted.identity_number = causes.identity_number
            and (causes.changed_from_date is null or counted.metric_date >= causes.changed_from_date)
    where causes.is_by_events or counted.counted_rows in ('visitors', 'credits')

)

select * from final
