-- Every conversion and refund is credited by both data-driven models and in both modes: 1 of it, and all of its revenue.
{{ config(enabled=('paths' in var('optional_marts') and (target.type == 'duckdb' or env_var('IDENTITY_GRAPH_ENGINE', '') == 'python'))) }}

with credited as (

    select
        conversion_id,
        attribution_model,
        identity_mode,
        sum(credit) as credit,
        sum(attributed_revenue) as revenue_amount
    from {{ ref('data_driven_conversions') }}
    group by conversion_id, attribution_model, identity_mode

),

summed as (

    select
        conversions.conversion_id,
        conversions.revenue_amount,
        count(credited.credit) as model_and_mode_count,
        min(credited.credit) as lowest_credit,
        max(credited.credit) as highest_credit,
        min(credited.revenue_amount) as lowest_revenue_amount,
        max(credited.revenue_amount) as highest_revenue_amount
    from {{ ref('conversions') }} as conversions
    left join credited on conversions.conversion_id = credited.conversion_id
    group by conversions.conversion_id, conversions.revenue_amount

)

select * from summed
where
    model_and_mode_count != 4
    or lowest_credit != 1
    or highest_credit != 1
    or coalesce(lowest_revenue_amount, 0) != coalesce(revenue_amount, 0)
    or coalesce(highest_revenue_amount, 0) != coalesce(revenue_amount, 0)
