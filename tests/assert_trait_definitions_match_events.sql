-- A trait that looks at no event has no value: a slip in a name, or an event that is not sent yet.
{{ config(severity='warn', enabled=('traits' in var('optional_marts'))) }}

with definitions as (

    select * from {{ ref('trait_definitions') }}
    where is_enabled and observed_in in ('events', 'conversions')

),

seen as (

    select
        event_type,
        event_name,
        max(case when is_conversion then 1 else 0 end) = 1 as is_conversion
    from {{ ref('int_events') }}
    group by event_type, event_name

),

matched as (

    select distinct definitions.trait_name
    from seen
    inner join definitions
        on
            (definitions.event_type is null or seen.event_type = definitions.event_type)
            and (definitions.event_name is null or seen.event_name like definitions.event_name)
            and (definitions.observed_in = 'events' or seen.is_conversion)

)

select
    definitions.trait_name,
    definitions.event_type,
    definitions.event_name
from definitions
left join matched on definitions.trait_name = matched.trait_name
where matched.trait_name is null
