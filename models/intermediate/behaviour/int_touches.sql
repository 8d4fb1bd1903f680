-- The touches of who converted, as a person or as a cookie, once with the graph and once without it; most persons never convert.
{{ config(meta={'lasts_for_a_run': true}) }}

with conversions as (

    select conversions.*
    from {{ ref('conversions') }} as conversions
    {% if last_complete_load() > 0 %}
        inner join {{ ref('int_changed_persons') }} as changed
            on conversions.space_id = changed.space_id and conversions.universal_id = changed.identity_id
    {% endif %}

),

campaigns as (

    select * from {{ ref('int_campaign_sessions') }}
    where touch_number is not null

),

touches as (

    select
        sessions.space_id,
        sessions.universal_id,
        sessions.anonymous_id,
        sessions.has_consent,
        sessions.session_id,
        coalesce(campaigns.touch_number, 0) as touch_number,
        coalesce(campaigns.touched_at, sessions.session_started_at) as touched_at,
        coalesce(campaigns.channel, 'direct') as channel,
        campaigns.utm_source,
        campaigns.utm_medium,
        campaigns.utm_campaign,
        campaigns.utm_content,
        campaigns.utm_term,
        campaigns.click_id
    from {{ ref('sessions') }} as sessions
    left join campaigns
        on
            {{ hash_64(['sessions.space_id', 'sessions.node_id']) }} = campaigns.id_number
            and sessions.session_started_at = campaigns.session_started_at
    where
        sessions.universal_id in (select conversions.universal_id from conversions)
        or sessions.anonymous_id in (select conversions.anonymous_id from conversions)

),

identified_touches as (

    -- A person may bear the name of a cookie that has touches without consent, which the graph does not join.
    {% for mode, id in {'graph': 'universal_id', 'cookie': 'anonymous_id'}.items() %}
        select
            '{{ mode }}' as identity_mode,
            touches.{{ id }} as identity_id,
            {{ 'touches.has_consent' if mode == 'graph' else 'false' }} as is_person,
            touches.*
        from touches
        {{ 'union all' if not loop.last }}
    {% endfor %}

),

final as (

    select
        {{ all_but(['universal_id', 'anonymous_id', 'has_consent']) }},
        row_number() over identity_in_time as touch_place,
        count(case when touch_number > 0 then 1 end) over (identity_in_time rows unbounded preceding) as campaign_place
    from identified_touches
    window identity_in_time as (
        partition by identity_mode, space_id, identity_id, is_person order by touched_at, session_id, touch_number
    )

)

select * from final
