-- The credits of a conversion sum to exactly 1 per model and identity mode.
select
    conversion_id,
    attribution_model,
    identity_mode,
    sum(credit) as credit_of_conversion
from {{ ref('attributed_conversions') }}
group by conversion_id, attribution_model, identity_mode
having sum(credit) != 1
