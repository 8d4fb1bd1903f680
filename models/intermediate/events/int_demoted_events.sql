-- Events that an earlier run accepted and that this run found to be copies: another copy was received before them.
with received as (

    select * from {{ ref('int_events_received') }}

),

demoted as (

    select * from {{ ref('int_event_duplicates') }}
    where load_number <= {{ last_complete_load() }} and found_in_load > {{ last_complete_load() }}

),

final as (

    select received.*
    from received
    inner join demoted on received.event_number = demoted.event_number
    where {{ is_load_of_duplicates('received.load_number', ref('int_event_duplicates')) }}

)

select * from final
