-- What attributed_conversions is by rules, by what each channel adds: the touches of the path model, weighed by the effect of their channels.
with attributed as (

    select * from {{ ref('attributed_conversions') }}
    where attribution_model = '{{ var('path_attribution_model') }}'

),

path_touches as (

    select * from {{ ref('int_path_touches') }}

),

effects as (

    select * from {{ ref('int_channel_effects') }}

),

attribution_models as (

    select distinct attribution_model from effects

),

touches as (

    select
        attributed.{{ all_but(['attribution_model', 'credit', 'attributed_revenue']) }},  -- noqa: RF02
        attribution_models.attribution_model,
        coalesce(effects.weight, 0) as effect_weight
    from attributed
    inner join path_touches
        on
            attributed.conversion_id = path_touches.conversion_id
            and attributed.identity_mode = path_touches.identity_mode
            and coalesce(attributed.touch_position, 0) = coalesce(path_touches.touch_position, 0)
    cross join attribution_models
    left join effects
        on
            attributed.space_id = effects.space_id
            and attributed.identity_mode = effects.identity_mode
            and attributed.channel = effects.channel
            and attribution_models.attribution_model = effects.attribution_model

),

weighed as (

    -- Of a path whose channels add nothing, the touches share alike.
    select
        *,
        case when sum(effect_weight) over path = 0 then 1 else effect_weight end as weight
    from touches
    window path as (partition by conversion_id, attribution_model, identity_mode)

),

shares as (

    -- In hundred millionths, rounded down: whole numbers add up to the same on every engine.
    select
        *,
        cast(floor(100000000 * weight / sum(weight) over path) as {{ dbt.type_bigint() }}) as parts,
        coalesce(touch_position = max(touch_position) over path, true) as takes_the_rest
    from weighed
    where weight > 0
    window path as (partition by conversion_id, attribution_model, identity_mode)

),

sums as (

    select
        *,
        coalesce(sum(parts) over (
            partition by conversion_id, attribution_model, identity_mode order by touch_position
            rows between unbounded preceding and 1 preceding
        ), 0) as parts_before
    from shares

),

credits as (

    select
        *,
        cast(parts_before / 100000000 as {{ type_decimal(9, 8) }}) as credit_before,
        cast(case when takes_the_rest then 1 else (parts_before + parts) / 100000000 end as {{ type_decimal(9, 8) }}) as credit_so_far
    from sums

),

final as (

    select
        credits.{{ all_but(['effect_weight', 'weight', 'parts', 'takes_the_rest', 'parts_before', 'credit_before', 'credit_so_far']) }},  -- noqa: RF02
        cast(credits.credit_so_far - credits.credit_before as {{ type_decimal(9, 8) }}) as credit,
        -- What is rounded is the sum so far, so that no touch takes what rounding left of a hundred others.
        cast(
            round(cast(conversions.revenue_amount as {{ type_decimal(26, 12) }}) * credits.credit_so_far, 4)
            - round(cast(conversions.revenue_amount as {{ type_decimal(26, 12) }}) * credits.credit_before, 4)
            as {{ type_decimal(18, 4) }}
        ) as attributed_revenue
    from credits
    inner join {{ ref('conversions') }} as conversions on credits.conversion_id = conversions.conversion_id

)

select * from final
