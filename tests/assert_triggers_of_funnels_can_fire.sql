-- A trigger of a funnel needs funnel_conversions, and a step that another one follows; else it never fires.
{{ config(severity='warn', enabled=('activation' in var('optional_marts'))) }}

select
    definitions.trigger_name,
    definitions.funnel_name,
    definitions.step_number
from {{ ref('trigger_definitions') }} as definitions
{% if 'funnels' in var('optional_marts') %}
    left join {{ ref('funnel_steps') }} as next_steps
        on definitions.funnel_name = next_steps.funnel_name and definitions.step_number + 1 = next_steps.step_number and next_steps.is_enabled
{% endif %}
where
    definitions.is_enabled and definitions.trigger_type = 'funnel_left'
    {{ 'and next_steps.funnel_name is null' if 'funnels' in var('optional_marts') }}
