-- A destination of a space in which nobody is has all its members removed, as by a slip of the pen.
{{ config(severity='warn', enabled=('activation' in var('optional_marts'))) }}

select
    destinations.destination_name,
    destinations.space_id
from {{ ref('destinations') }} as destinations
left join {{ ref('persons') }} as persons on destinations.space_id = persons.space_id
where destinations.is_enabled and destinations.space_id is not null and persons.space_id is null
