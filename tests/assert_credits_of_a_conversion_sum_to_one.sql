-- The credits of a conversion sum to exactly 1 per model and identity mode; by participation each touch has 1.
select
    attributed.conversion_id,
    attributed.attribution_model,
    attributed.identity_mode,
    sum(attributed.credit) as credit_of_conversion
from {{ ref('attributed_conversions') }} as attributed
inner join {{ ref('attribution_models') }} as attribution_models
    on attributed.attribution_model = attribution_models.attribution_model
where {{ is_of_this_run('attributed.conversion_id') }}
group by attributed.conversion_id, attributed.attribution_model, attributed.identity_mode, attribution_models.method
having sum(attributed.credit) != case when attribution_models.method = 'participation' then count(*) else 1 end
