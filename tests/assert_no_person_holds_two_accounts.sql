-- No person of two ids or more holds more values of a limited key (two accounts, by default) than the rules allow.
with limited_values as (

    select * from {{ ref('int_identity_limited_values') }}

),

resolved as (

    select * from {{ ref('int_identity_resolved') }}
    where component_size > 1

)

select
    resolved.space_id,
    resolved.person_number,
    limited_values.key_type,
    count(distinct limited_values.key_number) as value_count,
    min(limited_values.max_values_per_profile) as max_values_per_profile
from resolved
inner join limited_values on resolved.id_number = limited_values.id_number
group by resolved.space_id, resolved.person_number, limited_values.key_type
having count(distinct limited_values.key_number) > min(limited_values.max_values_per_profile)
