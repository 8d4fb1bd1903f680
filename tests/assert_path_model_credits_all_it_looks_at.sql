-- Paths are what their attribution model credits, so it has to be enabled and to credit each touch that it looks at.
-- depends_on: {{ ref('conversion_paths') }}
{{ config(enabled=('paths' in var('optional_marts'))) }}

with path_models as (

    select count(*) as model_count
    from {{ ref('attribution_models') }}
    where
        attribution_model = '{{ var('path_attribution_model') }}'
        and is_enabled and method in ('linear', 'participation', 'time_decay')

)

select '{{ var('path_attribution_model') }}' as path_attribution_model
from path_models
where model_count != 1
