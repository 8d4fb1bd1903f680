-- When more than half of the events are rejected, the source is read wrongly rather than sent wrongly.
{{ config(severity='warn', store_failures=true) }}

with shares as (

    select
        source_name,
        sum(case when disposition = 'rejected' then row_count else 0 end) / sum(row_count) as rejected_share
    from {{ ref('event_volume') }}
    group by source_name

)

select *
from shares
where rejected_share > 0.5
