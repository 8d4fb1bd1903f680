-- depends_on: {{ ref('int_event_duplicates') }}
with received as (

    -- An answer of consent that outlived its event no longer says when that came.
    select * replace (case when coalesce(rejection_reason, '') not in ('erased', 'expired') then received_at end as received_at)  -- noqa: RF02
    from {{ ref('int_events_received') }}

),

dispositions as (

    select
        source_name,
        event_name,
        schema_version,
        lifecycle_status,
        is_registered,
        {{ is_late('occurred_at', 'received_at') }} as is_late,
        not is_buffered
        and {{ is_provisional('received_at') }} as is_provisional,
        has_consent,
        rejection_reason,
        cast(received_at as date) as received_date,
        case
            when is_buffered then 'buffered'
            when rejection_reason in ('erased', 'expired') then rejection_reason
            when rejection_reason is not null then 'rejected'
            when is_duplicate then 'duplicate'
            else 'accepted'
        end as disposition
    from received

),

final as (

    select
        source_name,
        event_name,
        schema_version,
        lifecycle_status,
        received_date,
        disposition,
        case
            -- Where in its file it stands is told by quarantined_events.
            when disposition = 'rejected' and rejection_reason like 'malformed_row: %' then 'malformed_row'
            when disposition = 'rejected' then rejection_reason
        end as reason,
        count(*) as row_count,
        cast(sum(case when is_late then 1 else 0 end) as {{ dbt.type_bigint() }}) as late_count,
        cast(sum(case when is_provisional then 1 else 0 end) as {{ dbt.type_bigint() }}) as provisional_count,
        cast(sum(case when not has_consent then 1 else 0 end) as {{ dbt.type_bigint() }}) as without_consent_count,
        cast(sum(case when not is_registered then 1 else 0 end) as {{ dbt.type_bigint() }}) as unregistered_count
    from dispositions
    group by source_name, event_name, schema_version, lifecycle_status, received_date, disposition, reason

)

select * from final
