-- What event_volume calls accepted, duplicate and rejected is what the models of that name hold.
with accounted as (

    select
        source_name,
        disposition,
        sum(row_count) as row_count
    from {{ ref('event_volume') }}
    where disposition not in ('buffered', 'erased', 'expired')
    group by source_name, disposition

),

counted as (

    select
        source_name,
        'accepted' as disposition,
        count(*) as row_count
    from {{ ref('int_events') }}
    group by source_name
    union all
    select
        source_name,
        'duplicate' as disposition,
        count(*) as row_count
    from {{ ref('int_event_duplicates') }}
    group by source_name
    union all
    select
        source_name,
        'rejected' as disposition,
        count(*) as row_count
    from {{ ref('quarantined_events') }}
    group by source_name

)

select
    coalesce(accounted.source_name, counted.source_name) as source_name,
    coalesce(accounted.disposition, counted.disposition) as disposition,
    accounted.row_count as accounted_row_count,
    counted.row_count as counted_row_count
from accounted
full outer join counted
    on
        accounted.source_name = counted.source_name
        and accounted.disposition = counted.disposition
where coalesce(accounted.row_count, 0) != coalesce(counted.row_count, 0)
