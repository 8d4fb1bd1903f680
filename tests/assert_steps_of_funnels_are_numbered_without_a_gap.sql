-- What follows a gap could never be reached.
{{ config(enabled=('funnels' in var('optional_marts'))) }}

with steps as (

    select * from {{ ref('funnel_steps') }}
    where is_enabled

)

select
    funnel_name,
    count(*) as step_count,
    max(step_number) as last_step
from steps
group by funnel_name
having count(*) != max(step_number)
