select load_number
from {{ relation_named('event_loads') if execute }}
group by load_number
having count(*) > 1 or load_number is null
