{% set sums = [] %}
{% for name, measure, amount, type in [
    ('conversion', 'conversions', 'signed_credit', type_decimal(18, 8)), ('revenue', 'revenue', 'signed_revenue', type_decimal(28, 4))
] %}
    {% set of_measure = '_' if name == 'conversion' else '_revenue_' %}
    {% set columns = {'ours': measure, 'theirs': 'reported_' ~ measure} %}
    {% for cause in ['identity', 'consent', 'rule', 'bot', 'unreported', 'other'] %}
        {% do columns.update({cause: cause ~ of_measure ~ 'difference'}) %}
    {% endfor %}
    {% do sums.append("cast(sum(case figure when 'ours' then " ~ amount ~ " when 'theirs' then -" ~ amount ~ ' else 0 end) as ' ~ type ~ ') as ' ~ name ~ '_difference') %}
    {% for figure, column in columns.items() %}
        {% do sums.append("cast(sum(case when figure = '" ~ figure ~ "' then " ~ amount ~ ' else 0 end) as ' ~ type ~ ') as ' ~ column) %}
    {% endfor %}
{% endfor %}
-- From our figure to the source's, step by step: each step takes off what one way of counting gives, and adds what the next one gives.
with reported as (

    select * from {{ ref('int_reported_conversions') }}

),

sources as (

    select distinct space_id, source_name from reported  -- noqa: LT09

),

attributed as (

    select
        *,
        identity_mode || ' ' || attribution_model as told_by
    from {{ ref('attributed_conversions') }}
    where not is_refund and attribution_model in ('last_touch', 'last_touch_with_direct')

),

without_consent as (

    -- Without consent the graph joins nothing: no conversion, and no campaign of the cookie, which counts only where it is later than the person's.
    select distinct by_cookie.conversion_id
    from attributed as by_cookie
    inner join attributed as by_graph on by_cookie.conversion_id = by_graph.conversion_id
    inner join {{ ref('conversions') }} as conversions on by_cookie.conversion_id = conversions.conversion_id
    left join {{ ref('sessions') }} as sessions on by_cookie.touch_session_id = sessions.session_id
    where
        by_cookie.told_by = 'cookie last_touch' and by_graph.told_by = 'graph last_touch'
        and (
            not conversions.has_consent
            or (not sessions.has_consent and (by_graph.touch_count = 0 or by_cookie.touched_at > by_graph.touched_at))
        )

),

told as (

    select  -- noqa: LT09
        cast(attributed.converted_at as date) as conversion_date,
        attributed.space_id, sources.source_name, attributed.event_name, attributed.channel, attributed.currency_code, attributed.told_by,
        case when without_consent.conversion_id is null then 'identity' else 'consent' end as cause_of_graph,
        case when reported.conversion_id is null then 'unreported' else 'other' end as cause_of_rest,
        attributed.credit,
        coalesce(attributed.attributed_revenue, 0) as revenue
    from attributed
    inner join sources on attributed.space_id = sources.space_id
    left join without_consent on attributed.conversion_id = without_consent.conversion_id
    left join reported
        on attributed.conversion_id = reported.conversion_id and sources.source_name = reported.source_name
    union all
    select
        cast(converted_at as date) as conversion_date,
        space_id,
        source_name,
        event_name,
        reported_channel as channel,
        currency_code,
        'source' as told_by,
        'identity' as cause_of_graph,
        case when is_of_bot then 'bot' else 'other' end as cause_of_rest,
        1 as credit,
        coalesce(revenue_amount, 0) as revenue
    from reported

),

steps as (

    {% for told_by, figure, sign in [
        ('graph last_touch', 'ours', 1), ('graph last_touch', 'graph', 1), ('cookie last_touch', 'graph', -1), ('cookie last_touch', 'rule', 1),
        ('cookie last_touch_with_direct', 'rule', -1), ('cookie last_touch_with_direct', 'rest', 1), ('source', 'theirs', 1), ('source', 'rest', -1)
    ] %}
        select '{{ told_by }}' as told_by, '{{ figure }}' as figure, {{ sign }} as sign  -- noqa: LT09
        {{ 'union all' if not loop.last }}
    {% endfor %}

),

shares as (

    select
        told.*,
        case steps.figure when 'graph' then told.cause_of_graph when 'rest' then told.cause_of_rest else steps.figure end as figure,
        steps.sign * told.credit as signed_credit,
        steps.sign * told.revenue as signed_revenue
    from told
    inner join steps on told.told_by = steps.told_by

),

final as (

    select  -- noqa: LT09
        conversion_date, space_id, source_name, event_name, channel, currency_code,
        {{ sums | join(',\n        ') }}
    from shares
    group by conversion_date, space_id, source_name, event_name, channel, currency_code

)

select * from final
