{{ config(meta={'lasts_for_a_run': true}) }}

with attribution_models as (

    select * from {{ ref('attribution_models') }}
    where is_enabled

),

touches as (

    select *, touch_place as place, false as excludes_direct from {{ ref('int_touches') }}  -- noqa: LT09
    union all
    select *, campaign_place as place, true as excludes_direct from {{ ref('int_touches') }}  -- noqa: LT09
    where touch_number > 0

),

conversions as (

    {% for mode, id in {'graph': 'universal_id', 'cookie': 'anonymous_id'}.items() %}
        select
            '{{ mode }}' as identity_mode,
            conversions.{{ id }} as identity_id,
            conversions.conversion_id,
            conversions.space_id,
            conversions.attributed_at
        from {{ ref('conversions') }} as conversions
        {% if last_complete_load() > 0 %}
            inner join {{ ref('int_changed_persons') }} as changed
                on conversions.space_id = changed.space_id and conversions.universal_id = changed.identity_id
        {% endif %}
        {{ 'union all' if not loop.last }}
    {% endfor %}

),

lookbacks as (

    select distinct
        excludes_direct,
        window_days
    from attribution_models

),

paths as (

    -- From which touch to which. Models that look back alike share a path.
    select
        conversions.*,
        lookbacks.excludes_direct,
        lookbacks.window_days,
        min(touches.place) as first_place,
        max(touches.place) as last_place
    from conversions
    cross join lookbacks
    left join touches
        on
            conversions.identity_mode = touches.identity_mode
            and conversions.space_id = touches.space_id
            and conversions.identity_id = touches.identity_id
            and lookbacks.excludes_direct = touches.excludes_direct
            and conversions.attributed_at >= touches.counted_at
            and (
                lookbacks.window_days is null
                or touches.counted_at >= {{ dbt.dateadd('day', '-lookbacks.window_days', 'conversions.attributed_at') }}
            )
    group by all

),

final as (

    select
        paths.conversion_id,
        paths.identity_mode,
        attribution_models.attribution_model,
        attribution_models.method,
        coalesce(paths.last_place - paths.first_place + 1, 0) as touch_count,
        touches.place - paths.first_place + 1 as touch_position,
        touches.session_id,
        touches.touch_number,
        case
            when paths.first_place is null or paths.first_place = paths.last_place then 1
            when attribution_models.method = 'time_decay'
                then greatest(1, cast(round(10000000 * power(
                    0.5, {{ dbt.datediff('touches.counted_at', 'paths.attributed_at', 'second') }} / (86400.0 * attribution_models.half_life_days)
                )) as {{ dbt.type_bigint() }}))
            when attribution_models.method != 'position_based' then 1
            -- The middle's weight is shared by all between. Weights stay whole, because the ends' are multiplied instead.
            when touches.place = paths.first_place
                then attribution_models.first_weight * greatest(1, paths.last_place - paths.first_place - 1)
            when touches.place = paths.last_place
                then attribution_models.last_weight * greatest(1, paths.last_place - paths.first_place - 1)
            else attribution_models.middle_weight
        end as weight
    from paths
    inner join attribution_models
        on
            paths.excludes_direct = attribution_models.excludes_direct
            and coalesce(paths.window_days, -1) = coalesce(attribution_models.window_days, -1)
    left join touches
        on
            paths.identity_mode = touches.identity_mode
            and paths.space_id = touches.space_id
            and paths.identity_id = touches.identity_id
            and paths.excludes_direct = touches.excludes_direct
            and touches.place between paths.first_place and paths.last_place
            and (
                touches.place in (paths.first_place, paths.last_place)
                or coalesce(attribution_models.middle_weight, 1) > 0
            )

)

select * from final
where weight > 0
