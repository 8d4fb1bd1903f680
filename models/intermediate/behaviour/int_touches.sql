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

sessions as (

    -- A person may bear the name of a cookie that has sessions without consent, which the graph does not join.
    {% for mode, id in {'graph': 'universal_id', 'cookie': 'anonymous_id'}.items() %}
        select
            '{{ mode }}' as identity_mode,
            {{ id }} as identity_id,
            {{ 'has_consent' if mode == 'graph' else 'false' }} as is_person,
            space_id,
            node_id,
            session_id,
            session_started_at
        from {{ ref('sessions') }}
        where {{ id }} in (select conversions.{{ id }} from conversions)
        {{ 'union all' if not loop.last }}
    {% endfor %}

),

touches as (

    select
        sessions.identity_mode,
        sessions.identity_id,
        sessions.is_person,
        sessions.space_id,
        sessions.session_id,
        sessions.session_started_at,
        coalesce(campaigns.touch_number, 0) as touch_number,
        coalesce(campaigns.touched_at, sessions.session_started_at) as touched_at,
        coalesce(campaigns.channel, 'direct') as channel,
        campaigns.utm_source,
        campaigns.utm_medium,
        campaigns.utm_campaign,
        campaigns.utm_content,
        campaigns.utm_term,
        campaigns.click_id
    from sessions
    left join campaigns
        on
            {{ hash_64(['sessions.space_id', 'sessions.node_id']) }} = campaigns.id_number
            and sessions.session_started_at = campaigns.session_started_at

),

final as (

    select
        *,
        row_number() over identity_in_time as touch_place,
        count(case when touch_number > 0 then 1 end) over (identity_in_time rows unbounded preceding) as campaign_place
    from touches
    window identity_in_time as (
        partition by identity_mode, space_id, identity_id, is_person order by touched_at, session_id, touch_number
    )

)

select * from final
