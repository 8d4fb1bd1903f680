-- For each model and conversion, of the person (graph) and of the anonymous id alone (cookie): how many touches lie at or before it
-- and within the window, which is the first and which the last of them. Found here by a plain join, not by numbers; never direct
-- where the model leaves direct out and there is a campaign. The first touch of a session that begins at a conversion, or after it, also
-- has that conversion, for a minute. With the graph, what has consent never meets what has none. A model that gives all between
-- nothing credits the ends that it gives something.
with attribution_models as (

    select * from {{ ref('attribution_models') }}
    where is_enabled

),

conversions as (

    select * from {{ ref('conversions') }}
    where {{ is_of_this_run('conversion_id') }}

),

touches as (

    select
        sessions.session_id,
        sessions.space_id,
        sessions.anonymous_id,
        coalesce(anchors.node_id, sessions.anonymous_id) as universal_id,
        sessions.has_consent,
        sessions.session_started_at,
        coalesce(campaigns.touch_number, 0) as touch_number,
        coalesce(campaigns.touched_at, sessions.session_started_at) as touched_at
    from {{ ref('int_sessions') }} as sessions
    left join {{ ref('int_campaign_sessions') }} as campaigns
        on
            sessions.id_number = campaigns.id_number
            and sessions.session_started_at = campaigns.session_started_at
            and campaigns.touch_number is not null
    left join {{ ref('int_identity_resolved') }} as resolved
        on
            sessions.id_number = resolved.id_number
            and sessions.has_consent
    left join {{ ref('int_identity_ids') }} as anchors on resolved.person_number = anchors.id_number

),

expected as (

    {% for mode, id in {'graph': 'universal_id', 'cookie': 'anonymous_id'}.items() %}
        select
            conversions.conversion_id,
            conversions.attributed_at,
            attribution_models.attribution_model,
            '{{ mode }}' as identity_mode,
            count(touches.touched_at) as touch_count,
            min(touches.touched_at) as first_touched_at,
            max(touches.touched_at) as last_touched_at
        from conversions
        cross join attribution_models
        left join touches
            on
                conversions.space_id = touches.space_id
                and conversions.{{ id }} = touches.{{ id }}
                {{ 'and conversions.has_consent = touches.has_consent' if mode == 'graph' }}
                and (
                    conversions.attributed_at >= touches.touched_at
                    or (
                        conversions.session_id = touches.session_id
                        and touches.touch_number <= 1
                        and conversions.attributed_at <= touches.session_started_at
                        and {{ dbt.dateadd('second', 60, 'conversions.attributed_at') }} >= touches.touched_at
                    )
                )
                and (touches.touch_number > 0 or not attribution_models.excludes_direct)
                and (
                    attribution_models.window_days is null
                    or {{ dbt.dateadd('day', 'attribution_models.window_days', 'touches.touched_at') }} >= conversions.attributed_at
                )
        group by conversions.conversion_id, conversions.attributed_at, attribution_models.attribution_model
        {{ 'union all' if not loop.last }}
    {% endfor %}

),

compared as (

    select
        attributed.conversion_id,
        attributed.attribution_model,
        attributed.identity_mode,
        attributed.touch_count,
        attributed.touch_position,
        attributed.channel,
        attributed.touched_at,
        expected.attributed_at,
        attribution_models.excludes_direct,
        {% for weight in ['first_weight', 'middle_weight', 'last_weight'] %}
            case when attribution_models.method = 'position_based' then attribution_models.{{ weight }} end as {{ weight }},
        {% endfor %}
        expected.touch_count as expected_touch_count,
        case attributed.touch_position
            when 1 then expected.first_touched_at
            when attributed.touch_count then expected.last_touched_at
        end as expected_at
    from {{ ref('attributed_conversions') }} as attributed
    inner join attribution_models on attributed.attribution_model = attribution_models.attribution_model
    inner join expected
        on
            attributed.conversion_id = expected.conversion_id
            and attributed.attribution_model = expected.attribution_model
            and attributed.identity_mode = expected.identity_mode

)

select *
from compared
where
    touch_count != expected_touch_count
    or (touch_count = 0 and channel != 'direct')
    or (touch_count > 0 and channel = 'direct' and excludes_direct)
    -- A touch is never said to be after its conversion; of a refund, after its order.
    or touched_at != case when expected_at > attributed_at then attributed_at else expected_at end
    or (touch_count > 1 and touch_position = 1 and first_weight = 0)
    or (touch_count > 1 and touch_position = touch_count and last_weight = 0)
    or (touch_position > 1 and touch_position < touch_count and middle_weight = 0)
