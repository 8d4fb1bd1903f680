{{ config(meta={'lasts_for_a_run': true}) }}

with attribution_models as (

    select * from {{ ref('attribution_models') }}
    where is_enabled

),

touches as (

    select *, touch_place as place, false as excludes_direct from {{ ref('int_touches') }}  -- noqa: LT09
    union all
    select *, campaign_place as place, true as excludes_direct from {{ ref('int_touches') }} where touch_number > 0  -- noqa

),

conversions as (

    {% for mode, id in {'graph': 'universal_id', 'cookie': 'anonymous_id'}.items() %}
        select  -- noqa: LT09
            '{{ mode }}' as identity_mode, conversions.{{ id }} as identity_id,
            {{ 'conversions.has_consent' if mode == 'graph' else 'false' }} as is_person, conversions.conversion_id,
            conversions.session_id, conversions.space_id, conversions.attributed_at
        from {{ ref('conversions') }} as conversions
        {% if last_complete_load() > 0 %}
            inner join {{ ref('int_changed_persons') }} as changed
                on conversions.space_id = changed.space_id and conversions.universal_id = changed.identity_id
        {% endif %}
        {{ 'union all' if not loop.last }}
    {% endfor %}

),

lookbacks as (

    select distinct excludes_direct, window_days from attribution_models  -- noqa: LT09

),

paths as (

    -- From which touch to which; models that look back alike share a path.
    select
        conversions.*,
        lookbacks.excludes_direct,
        lookbacks.window_days,
        min(case when touches.touched_at <= conversions.attributed_at then touches.place end) as first_place,
        max(case when touches.touched_at <= conversions.attributed_at then touches.place end) as last_place,
        max(case when touches.touched_at > conversions.attributed_at then touches.place end) as late_place,
        max(touches.touched_at) as last_touched_at
    from conversions
    cross join lookbacks
    left join touches
        on
            conversions.identity_mode = touches.identity_mode
            and conversions.space_id = touches.space_id and conversions.identity_id = touches.identity_id and conversions.is_person = touches.is_person
            and lookbacks.excludes_direct = touches.excludes_direct
            and (
                touches.touched_at <= conversions.attributed_at
                -- A shop's server may report a conversion seconds before the page view that begins its session, with a campaign or without.
                or (
                    conversions.session_id = touches.session_id and touches.touch_number <= 1
                    and conversions.attributed_at <= touches.session_started_at
                    and touches.touched_at <= {{ dbt.dateadd('second', 60, 'conversions.attributed_at') }}
                )
            )
            and (
                lookbacks.window_days is null
                or touches.touched_at >= {{ dbt.dateadd('day', '-lookbacks.window_days', 'conversions.attributed_at') }}
            )
    group by all

),

positions as (

    select
        paths.conversion_id,
        paths.identity_mode,
        models.*,
        touches.session_id,
        touches.touch_number,
        greatest({{ dbt.datediff('touches.touched_at', 'least(paths.last_touched_at, paths.attributed_at)', 'second') }}, 0) / 86400.0 as days_before_last_touch,
        coalesce(paths.last_place - paths.first_place + 1, 0) + case when paths.late_place is null then 0 else 1 end as touch_count,
        case
            when touches.place = paths.late_place then coalesce(paths.last_place - paths.first_place + 1, 0) + 1
            else touches.place - paths.first_place + 1
        end as touch_position
    from paths
    inner join attribution_models as models
        on paths.excludes_direct = models.excludes_direct and coalesce(paths.window_days, -1) = coalesce(models.window_days, -1)
    left join touches
        on
            paths.identity_mode = touches.identity_mode and paths.space_id = touches.space_id and paths.identity_id = touches.identity_id
            and paths.is_person = touches.is_person and paths.excludes_direct = touches.excludes_direct
            and (touches.place between paths.first_place and paths.last_place or paths.late_place = touches.place)
            and (touches.place in (paths.first_place, paths.last_place, paths.late_place) or models.method != 'position_based' or models.middle_weight > 0)

),

final as (

    select
        conversion_id, identity_mode, attribution_model, method, session_id, touch_number, touch_count, touch_position,  -- noqa: LT09
        -- The middle's weight is shared by all between. Weights stay whole, because the ends' are multiplied instead, and decay
        -- begins at the last touch: of a path that is many half-lives old nothing but the least weight would be left.
        cast(case
            when touch_count < 2 or method in ('linear', 'participation') then 1
            when method = 'time_decay' then greatest(1, round(10000000 * power(0.5, days_before_last_touch / half_life_days)))
            when touch_position = 1 then first_weight * greatest(1, touch_count - 2)
            when touch_position = touch_count then last_weight * greatest(1, touch_count - 2)
            else middle_weight
        end as {{ dbt.type_bigint() }}) as weight
    from positions

)

select * from final
where weight > 0
