{{ config(
    materialized='incremental', incremental_strategy='replace_changed', unique_key=['space_id', 'universal_id'],
    meta={'changed_entities': {'model': 'int_changed_persons', 'columns': ['space_id', 'identity_id']}}) }}
-- depends_on: {{ ref('int_changed_persons') }}
with conversions as (

    select
        conversions.*,
        sessions.session_started_at
    from {{ ref('conversions') }} as conversions
    {% if is_incremental() %}
        inner join {{ ref('int_changed_persons') }} as changed
            on conversions.space_id = changed.space_id and conversions.universal_id = changed.identity_id
    {% endif %}
    left join {{ ref('sessions') }} as sessions on conversions.session_id = sessions.session_id

),

persons as (

    -- Whose touches are looked at; most persons never convert.
    select universal_id from conversions
    union distinct
    select universal_id from {{ ref('sessions') }}
    where anonymous_id in (select conversions.anonymous_id from conversions)

),

touches as (

    select
        *,
        row_number() over (order by touched_at, session_id, touch_number) as touch_order
    from {{ ref('int_touches') }}
    where universal_id in (select persons.universal_id from persons)

),

moments as (

    select  -- noqa: LT09
        space_id, universal_id, anonymous_id, touched_at as happened_at, touch_order,
        case when touch_number > 0 then touch_order end as campaign_order, null as conversion_id
    from touches
    union all
    select  -- noqa: LT09
        space_id, universal_id, anonymous_id, attributed_at as happened_at, null as touch_order, null as campaign_order, conversion_id
    from conversions

),

paths as (

    select
        conversion_id,
        min(touch_order) over graph_so_far as graph_first_touch,
        max(campaign_order) over graph_so_far as graph_last_touch,
        min(touch_order) over cookie_so_far as cookie_first_touch,
        max(campaign_order) over cookie_so_far as cookie_last_touch
    from moments
    window
        graph_so_far as (partition by space_id, universal_id order by happened_at),
        cookie_so_far as (partition by space_id, anonymous_id order by happened_at)

),

credits as (

    {% for mode, model in [('graph', 'first_touch'), ('graph', 'last_touch'), ('cookie', 'first_touch'), ('cookie', 'last_touch')] %}
        select conversion_id, '{{ mode }}' as identity_mode, '{{ model }}' as attribution_model, {{ mode }}_{{ model }} as touch_order  -- noqa: LT09
        from paths
        where conversion_id is not null
        {{ 'union all' if not loop.last }}
    {% endfor %}

),

final as (

    -- Without a touch the conversion's own, direct session has the credit; what no session holds has no touch at all.
    select
        conversions.{{ all_but(['node_id', 'conversion_kind', 'order_id', 'session_id', 'has_consent', 'attributed_at', 'session_started_at', 'revenue_amount']) }},  -- noqa: RF02
        credits.attribution_model,
        credits.identity_mode,
        case credits.identity_mode when 'graph' then conversions.universal_id else conversions.anonymous_id end as identity_id,
        coalesce(touches.session_id, conversions.session_id) as touch_session_id,
        case
            when touches.touched_at > conversions.converted_at then conversions.converted_at
            else coalesce(touches.touched_at, conversions.session_started_at)
        end as touched_at,
        coalesce(touches.channel, 'direct') as channel,
        touches.utm_source,
        touches.utm_medium,
        touches.utm_campaign,
        touches.utm_content,
        touches.utm_term,
        touches.click_id,
        cast(1 as {{ type_decimal(9, 8) }}) as credit,
        conversions.revenue_amount as attributed_revenue
    from credits
    inner join conversions on credits.conversion_id = conversions.conversion_id
    -- The page view that carries a session's campaign may be noted seconds after the conversion that it led to.
    left join touches as late_touches
        on
            conversions.session_id = late_touches.session_id
            and late_touches.touch_number = 1
            and conversions.attributed_at < late_touches.touched_at
            and {{ dbt.dateadd('second', 60, 'conversions.attributed_at') }} >= late_touches.touched_at
    -- The last campaign counts for a week only; the first touch, campaign or not, for good.
    left join touches
        on
            touches.touch_order = case credits.attribution_model
                when 'first_touch' then coalesce(credits.touch_order, late_touches.touch_order)
                else coalesce(late_touches.touch_order, credits.touch_order)
            end
            and (credits.attribution_model = 'first_touch' or touches.touched_at >= {{ dbt.dateadd('day', '-' ~ var('attribution_window_days'), 'conversions.attributed_at') }})

)

select * from final
