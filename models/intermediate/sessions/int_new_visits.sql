-- The new events of each visitor, put together where no longer pause lies between them.
{{ config(meta={'lasts_for_a_run': true}) }}

with events as (

    select
        id_number,
        occurred_at,
        has_consent,
        source_session_id
    from {{ ref('int_uncounted_events') }}
    where is_visit

),

with_previous as (

    -- Events of one moment are peers: which of them comes first makes no difference below.
    select
        *,
        lag(occurred_at) over (partition by id_number order by occurred_at) as previous_occurred_at
    from events

),

with_start as (

    select
        *,
        max(
            case
                when
                    previous_occurred_at is null
                    or occurred_at > {{ dbt.dateadd(
                        'minute', var('session_timeout_minutes'), 'previous_occurred_at'
                    ) }}
                    then occurred_at
            end
        ) over (partition by id_number order by occurred_at) as started_at
    from with_previous

),

final as (

    select
        id_number,
        started_at,
        max(occurred_at) as ended_at,
        count(*) as event_count,
        min(case when has_consent then 1 else 0 end) = 1 as has_consent,
        min(source_session_id) as lowest_source_session_id,
        max(source_session_id) as highest_source_session_id
    from with_start
    group by id_number, started_at

)

select * from final
