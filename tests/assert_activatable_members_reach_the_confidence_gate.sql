-- Nobody is activatable with less confidence than activation_min_confidence, and nobody with enough is left out.
select *
from {{ ref('conversion_cohorts') }}
where is_activatable != (identity_confidence >= {{ var('activation_min_confidence') }})
