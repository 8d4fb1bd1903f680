{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key='raw_file',
        meta={'holds_raw_events': true}
    )
}}

with events as (

    select received.*
    from {{ ref('int_events_received') }} as received
    {% if is_incremental() %}
        where
            received.load_number > (select coalesce(max(loaded.load_number), 0) from {{ this }} as loaded)
            -- Rows that waited are received again, from files that are known.
            and received.raw_file not in (select loaded.raw_file from {{ this }} as loaded)
    {% endif %}

),

raw_files as (

    select * from {{ raw_files() }}

),

final as (

    select
        events.raw_file,
        raw_files.size_bytes,
        raw_files.modified_at,
        count(*) as row_count,
        max(events.load_number) as load_number
    from events
    inner join raw_files on events.raw_file = raw_files.raw_file
    group by events.raw_file, raw_files.size_bytes, raw_files.modified_at

)

select * from final
