-- A destination is told of nobody by a row that names no audience, or one that it cannot know anybody of.
{{ config(severity='warn', enabled=('activation' in var('optional_marts'))) }}

with audiences as (

    select cohort_name as audience_name from {{ ref('cohort_definitions') }}
    where is_enabled
    union all
    select trigger_name as audience_name from {{ ref('trigger_definitions') }}
    where is_enabled
    union all
    select 'offline_conversions' as audience_name

)

select
    destination_audiences.destination_name,
    destination_audiences.audience_name,
    destinations.identifier_type
from {{ ref('destination_audiences') }} as destination_audiences
left join {{ ref('destinations') }} as destinations on destination_audiences.destination_name = destinations.destination_name
left join audiences on destination_audiences.audience_name = audiences.audience_name
where
    destination_audiences.is_enabled
    and (
        destinations.destination_name is null
        or audiences.audience_name is null
        -- Conversions are told by conversion, and persons by any other identifier.
        or (destinations.identifier_type = 'conversion_id') != (destination_audiences.audience_name = 'offline_conversions')
    )
