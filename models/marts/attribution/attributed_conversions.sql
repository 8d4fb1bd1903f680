{{ config(
    materialized='incremental', incremental_strategy='replace_changed', unique_key=['space_id', 'universal_id'],
    meta={'changed_entities': {'model': 'int_changed_persons', 'columns': ['space_id', 'identity_id']}}) }}
-- depends_on: {{ ref('int_changed_persons') }}
with touches as (

    select * from {{ ref('int_touches') }}

),

conversions as (

    select * from {{ ref('conversions') }}

),

sessions as (

    select * from {{ ref('sessions') }}

),

shares as (

    -- In hundred millionths, rounded down: whole numbers add up to the same on every engine.
    select
        *,
        cast(floor(100000000 * weight / sum(weight) over path) as {{ dbt.type_bigint() }}) as parts,
        method != 'participation' and coalesce(touch_position = max(touch_position) over path, true) as takes_the_rest
    from {{ ref('int_credited_touches') }}
    window path as (partition by conversion_id, attribution_model, identity_mode)

),

credits as (

    select
        *,
        cast(case
            when method = 'participation' then 1
            when takes_the_rest then (100000000 - sum(parts) over path + parts) / 100000000
            else parts / 100000000
        end as {{ type_decimal(9, 8) }}) as credit
    from shares
    window path as (partition by conversion_id, attribution_model, identity_mode)

),

credits_so_far as (

    select
        *,
        cast(case when method = 'participation' then 1 else sum(credit) over (
            partition by conversion_id, attribution_model, identity_mode order by touch_position rows unbounded preceding
        ) end as {{ type_decimal(9, 8) }}) as credit_so_far
    from credits

),

final as (

    -- Without a touch the conversion's own, direct session has the credit; what no session holds has no touch at all.
    select
        conversions.conversion_id,
        conversions.is_refund,
        conversions.event_name,
        credited.attribution_model,
        credited.identity_mode,
        conversions.space_id,
        conversions.anonymous_id,
        conversions.universal_id,
        case credited.identity_mode when 'graph' then conversions.universal_id else conversions.anonymous_id end as identity_id,
        conversions.converted_at,
        credited.touch_count,
        credited.touch_position,
        coalesce(touches.session_id, conversions.session_id) as touch_session_id,
        -- A session that began within the minute after its conversion, or a refund's order, led to it.
        case
            when coalesce(touches.touched_at, sessions.session_started_at) > conversions.attributed_at then conversions.attributed_at
            else coalesce(touches.touched_at, sessions.session_started_at)
        end as touched_at,
        coalesce(touches.channel, 'direct') as channel,
        touches.utm_source,
        touches.utm_medium,
        touches.utm_campaign,
        touches.utm_content,
        touches.utm_term,
        touches.click_id,
        credited.credit,
        -- What is rounded is the sum so far, so that no touch takes what rounding left of a hundred others.
        cast(
            round(cast(conversions.revenue_amount as {{ type_decimal(26, 12) }}) * credited.credit_so_far, 4)
            - round(cast(conversions.revenue_amount as {{ type_decimal(26, 12) }}) * (credited.credit_so_far - credited.credit), 4)
            as {{ type_decimal(18, 4) }}
        ) as attributed_revenue,
        conversions.currency_code
    from credits_so_far as credited
    inner join conversions on credited.conversion_id = conversions.conversion_id
    left join sessions on conversions.session_id = sessions.session_id
    left join touches
        on
            credited.identity_mode = touches.identity_mode
            and credited.session_id = touches.session_id
            and credited.touch_number = touches.touch_number

)

select * from final
{% if target.type == 'duckdb' %}
    -- Side by side the rows of a conversion take a third of the place, and to write them so takes less time, the sort included.
    order by conversion_id, identity_mode, attribution_model, touch_position
{% endif %}
