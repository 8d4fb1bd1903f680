-- The revenue credited for a conversion is its revenue, per model and identity mode; by participation, each touch has all of it. No
-- revenue is not zero revenue.
with attributed as (

    select
        attributed_conversions.conversion_id,
        attributed_conversions.attribution_model,
        attributed_conversions.identity_mode,
        sum(attributed_conversions.attributed_revenue) as revenue_amount,
        case when attribution_models.method = 'participation' then count(*) else 1 end as times_credited
    from {{ ref('attributed_conversions') }} as attributed_conversions
    inner join {{ ref('attribution_models') }} as attribution_models
        on attributed_conversions.attribution_model = attribution_models.attribution_model
    where {{ is_of_this_run('attributed_conversions.conversion_id') }}
    group by
        attributed_conversions.conversion_id,
        attributed_conversions.attribution_model,
        attributed_conversions.identity_mode,
        attribution_models.method

)

select
    attributed.*,
    conversions.revenue_amount as expected_revenue_amount
from attributed
inner join {{ ref('conversions') }} as conversions on attributed.conversion_id = conversions.conversion_id
where
    attributed.revenue_amount != conversions.revenue_amount * attributed.times_credited
    or (attributed.revenue_amount is null) != (conversions.revenue_amount is null)
