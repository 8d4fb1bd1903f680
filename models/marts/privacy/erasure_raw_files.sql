{{ config(materialized='view') }}

with erased_rows as (

    select
        source_name,
        raw_file,
        count(*) as row_count
    from {{ ref('int_events_received') }}
    where rejection_reason = 'erased'
    group by source_name, raw_file

),

raw_files as (

    select * from {{ raw_files() }}

),

final as (

    select
        erased_rows.source_name,
        erased_rows.raw_file,
        erased_rows.row_count
    from erased_rows
    inner join raw_files
        on
            erased_rows.source_name = raw_files.source_name
            and erased_rows.raw_file = raw_files.raw_file

)

select * from final
