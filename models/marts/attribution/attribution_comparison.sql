with attributed_conversions as (

    select * from {{ ref('attributed_conversions') }}

),

final as (

    select
        attribution_model,
        channel,
        currency_code,
        sum(case when identity_mode = 'graph' then credit else 0 end) as graph_conversions,
        sum(case when identity_mode = 'cookie' then credit else 0 end) as cookie_conversions,
        coalesce(sum(case when identity_mode = 'graph' then attributed_revenue end), 0) as graph_revenue,
        coalesce(sum(case when identity_mode = 'cookie' then attributed_revenue end), 0) as cookie_revenue,
        coalesce(sum(case when identity_mode = 'graph' then attributed_revenue end), 0)
        - coalesce(sum(case when identity_mode = 'cookie' then attributed_revenue end), 0) as revenue_difference
    from attributed_conversions
    group by attribution_model, channel, currency_code

)

select * from final
