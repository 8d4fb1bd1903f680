-- A conversion is of the person of an event that reported it; a refund is of who ordered, and told by an event as well.
{{ config(enabled=('events' in var('optional_marts'))) }}

select
    conversions.conversion_id,
    conversions.universal_id,
    events.universal_id as universal_id_of_the_event
from {{ ref('conversions') }} as conversions
left join {{ ref('events') }} as events
    on
        conversions.conversion_id = events.conversion_id
        and conversions.node_id = events.node_id
        and conversions.converted_at <= events.occurred_at
        -- Of two reports one may lack consent.
        and conversions.has_consent = events.has_consent
where
    not conversions.is_refund
    and coalesce(conversions.universal_id != events.universal_id, true)
union all
select
    conversions.conversion_id,
    conversions.universal_id,
    null as universal_id_of_the_event
from {{ ref('conversions') }} as conversions
where
    conversions.conversion_id not in (
        select events.conversion_id
        from {{ ref('events') }} as events
        where events.conversion_id is not null
    )
