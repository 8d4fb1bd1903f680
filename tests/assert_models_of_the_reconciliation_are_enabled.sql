-- Steps from our figure to the source's are told by these models; without one of them its step would be wrong.
-- depends_on: {{ ref('attribution_reconciliation') }}
{{ config(enabled=('reconciliation' in var('optional_marts'))) }}

with enabled_models as (

    select count(*) as model_count
    from {{ ref('attribution_models') }}
    where attribution_model in ('last_touch', 'last_touch_with_direct') and is_enabled

)

select model_count
from enabled_models
where model_count != 2
