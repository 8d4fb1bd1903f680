-- A step that no event matches ends its funnel for everybody: a slip in a name or a path, or an event that is not sent yet.
{{ config(severity='warn', enabled=('funnels' in var('optional_marts'))) }}

with steps as (

    select * from {{ ref('funnel_steps') }}
    where is_enabled

),

matched as (

    select distinct steps.funnel_name, steps.step_number  -- noqa: LT09
    from {{ ref('int_events') }} as events
    inner join steps
        on events.event_name like steps.event_name and (steps.page_path is null or events.page_path like steps.page_path)

)

select
    steps.funnel_name,
    steps.step_number,
    steps.event_name,
    steps.page_path
from steps
left join matched on steps.funnel_name = matched.funnel_name and steps.step_number = matched.step_number
where matched.funnel_name is null
