-- The revenue credited for a conversion is its revenue, per model and identity mode. No revenue is not zero revenue.
with attributed as (

    select
        conversion_id,
        attribution_model,
        identity_mode,
        sum(attributed_revenue) as revenue_amount
    from {{ ref('attributed_conversions') }}
    group by conversion_id, attribution_model, identity_mode

)

select
    attributed.*,
    conversions.revenue_amount as expected_revenue_amount
from attributed
inner join {{ ref('conversions') }} as conversions on attributed.conversion_id = conversions.conversion_id
where
    attributed.revenue_amount != conversions.revenue_amount
    or (attributed.revenue_amount is null) != (conversions.revenue_amount is null)
