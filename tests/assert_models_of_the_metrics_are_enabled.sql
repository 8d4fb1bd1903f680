-- Metrics and reports are made of first_touch and last_touch; without them they would say nothing happened.
with headline_models as (

    select 'first_touch' as attribution_model
    union all
    select 'last_touch' as attribution_model

)

select headline_models.attribution_model
from headline_models
left join {{ ref('attribution_models') }} as attribution_models
    on headline_models.attribution_model = attribution_models.attribution_model and attribution_models.is_enabled
where attribution_models.attribution_model is null {{ 'and false' if flags.EMPTY }}
