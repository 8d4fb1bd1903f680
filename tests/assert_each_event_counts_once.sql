-- Of the copies of an event one counts: neither two nor none.
{% set is_new, events = is_of_this_run('load_number'), ref('int_events_received') %}
{% set has_a_new_copy = 'true' if is_new == 'true' else 'event_hash in (select event_hash from ' ~ events ~ ' where ' ~ is_new ~ ')' %}

-- depends_on: {{ ref('int_event_duplicates') }}
select
    source_name,
    event_id,
    sum(case when is_duplicate then 0 else 1 end) as counted_copies
from {{ events }}
where
    rejection_reason is null and not is_buffered
    and {{ has_a_new_copy }}
    and {{ is_of_loads('load_number', events, has_a_new_copy) }}
group by source_name, event_id
having sum(case when is_duplicate then 0 else 1 end) != 1
