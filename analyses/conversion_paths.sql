-- By which paths people convert, the most frequent first: one row per path of channels, as email > paid_search, and currency. Paths hold
-- what a model credits that credits all it looks at (linear: campaigns of 30 days, direct where there is none), and a channel that comes
-- twice in a row once.
--
--   dbt --quiet show --select conversion_paths --limit 50 --output json --vars '{path_model: linear, path_identity_mode: cookie}'
{% set attribution_model = dbt.escape_single_quotes(var('path_model', 'linear')) %}
{% set identity_mode = dbt.escape_single_quotes(var('path_identity_mode', 'graph')) %}

with touches as (

    select
        *,
        lag(channel) over (partition by conversion_id order by touch_position) as previous_channel,
        min(touched_at) over (partition by conversion_id) as first_touched_at
    from {{ ref('attributed_conversions') }}
    where
        attribution_model = '{{ attribution_model }}'
        and identity_mode = '{{ identity_mode }}'
        and not is_refund

),

paths as (

    select
        conversion_id,
        currency_code,
        converted_at,
        first_touched_at,
        {{ dbt.listagg("case when coalesce(previous_channel, '') != channel then channel end", "' > '", 'order by touch_position') }} as channel_path,
        sum(attributed_revenue) as revenue
    from touches
    group by conversion_id, currency_code, converted_at, first_touched_at

),

final as (

    select
        channel_path,
        currency_code,
        count(*) as conversion_count,
        sum(revenue) as revenue,
        round(avg({{ dbt.datediff('first_touched_at', 'converted_at', 'second') }}) / 86400, 1) as days_to_convert
    from paths
    group by channel_path, currency_code

)

select * from final
order by conversion_count desc, channel_path asc, currency_code asc
