with attributed_conversions as (

    select * from {{ ref('attributed_conversions') }}

),

compared as (

    select
        attribution_model,
        channel,
        currency_code,
        cast(sum(case when identity_mode = 'graph' and not is_refund then credit else 0 end) as {{ type_decimal(18, 8) }}) as graph_conversions,
        cast(sum(case when identity_mode = 'cookie' and not is_refund then credit else 0 end) as {{ type_decimal(18, 8) }}) as cookie_conversions,
        cast(coalesce(sum(case when identity_mode = 'graph' then attributed_revenue end), 0) as {{ type_decimal(28, 4) }})
            as graph_revenue,
        cast(coalesce(sum(case when identity_mode = 'cookie' then attributed_revenue end), 0) as {{ type_decimal(28, 4) }})
            as cookie_revenue
    from attributed_conversions
    group by attribution_model, channel, currency_code

),

final as (

    select
        *,
        cast(graph_revenue - cookie_revenue as {{ type_decimal(28, 4) }}) as revenue_difference
    from compared

)

select * from final
