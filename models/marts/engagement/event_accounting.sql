with received as (

    select * from {{ ref('int_events_received') }}

),

duplicates as (

    select * from {{ ref('int_event_duplicates') }}

),

dispositions as (

    select
        received.source_name,
        received.event_name,
        received.is_registered,
        received.is_late,
        received.has_consent,
        received.rejection_reason,
        case
            when received.is_buffered then 'buffered'
            when received.rejection_reason is not null then 'rejected'
            when duplicates.event_number is not null then 'duplicate'
            else 'accepted'
        end as disposition
    from received
    left join duplicates on received.event_number = duplicates.event_number

),

final as (

    select
        source_name,
        disposition,
        case when disposition = 'rejected' then rejection_reason end as reason,
        count(*) as row_count,
        cast(sum(case when is_late then 1 else 0 end) as {{ dbt.type_bigint() }}) as late_count,
        cast(sum(case when not has_consent then 1 else 0 end) as {{ dbt.type_bigint() }}) as without_consent_count,
        cast(sum(case when not is_registered then 1 else 0 end) as {{ dbt.type_bigint() }}) as unregistered_count
    from dispositions
    group by source_name, disposition, reason

)

select * from final
