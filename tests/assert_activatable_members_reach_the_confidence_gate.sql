-- Activatable is exactly who reaches activation_min_confidence, withdrew no consent and is over no limit.
with cohorts as (

    select * from {{ ref('conversion_cohorts') }}

),

barred_persons as (

    select
        space_id,
        universal_id
    from {{ ref('persons') }}
    where has_withdrawn_consent or is_over_limit

)

select cohorts.*
from cohorts
left join barred_persons
    on
        cohorts.space_id = barred_persons.space_id
        and cohorts.universal_id = barred_persons.universal_id
where
    cohorts.is_activatable != (
        cohorts.identity_confidence >= {{ var('activation_min_confidence') }}
        and barred_persons.universal_id is null
    )
