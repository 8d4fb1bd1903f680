-- Every row of a source is accepted, duplicate, rejected or buffered, and counted once.
with raw_rows as (

    select
        source_name,
        sum(row_count) as row_count
    from {{ raw_row_count() }}
    group by source_name

),

accounted_rows as (

    select
        source_name,
        sum(row_count) as row_count
    from {{ ref('event_accounting') }}
    group by source_name

)

select
    raw_rows.source_name as raw_source_name,
    accounted_rows.source_name as accounted_source_name,
    raw_rows.row_count as raw_row_count,
    accounted_rows.row_count as accounted_row_count
from raw_rows
full outer join accounted_rows on raw_rows.source_name = accounted_rows.source_name
where coalesce(raw_rows.row_count, 0) != coalesce(accounted_rows.row_count, 0)
