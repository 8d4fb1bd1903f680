{{ config(severity='warn', store_failures=true) }}

-- Retargeting and newsletters reach people who were here before, so a conversion whose first touch is one of them has
-- lost its beginning: ids that should have been stitched were not. At most 1 in 10; judged from 100 conversions on that have a
-- first touch.
with first_touches as (

    select * from {{ ref('attributed_conversions') }}
    where attribution_model = 'first_touch' and identity_mode = 'graph' and not is_refund and touch_session_id is not null

),

shares as (

    select
        count(distinct conversion_id) as conversion_count,
        sum(case when channel in ('retargeting', 'email') then credit else 0 end) / sum(credit) as retargeting_share
    from first_touches

)

select *
from shares
where conversion_count >= 100 and retargeting_share > 0.1
