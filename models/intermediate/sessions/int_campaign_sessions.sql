-- One row per session that a campaign, an ad click or another site brought: its first such event.
{{
    config(
        materialized='incremental',
        incremental_strategy='replace_changed',
        unique_key=['id_number', 'session_started_at'],
        meta={'changed_entities': {'model': 'int_touched_sessions'}}
    )
}}

with touched_sessions as (

    select * from {{ ref('int_touched_sessions') }}

),

sessions as (

    select * from {{ ref('int_sessions') }}
    where load_number > {{ last_complete_load() }}

),

campaign_events as (

    select
        id_number,
        occurred_at as touched_at,
        source_name,
        event_id,
        -- Click ids differ a visit; the network shows in how they begin.
        {{ hash_64(['utm_source', 'utm_medium', 'left(click_id, 5)', 'referrer_host']) }} as campaign_number,
        utm_source,
        utm_medium,
        utm_campaign,
        utm_content,
        utm_term,
        click_id,
        referrer_host
    from {{ ref('int_uncounted_events') }}
    where coalesce(utm_source, utm_medium, utm_campaign, click_id, referrer_host) is not null
    {% if is_incremental() %}
        union all
        -- The first of a session that is known stays the first of its events.
        select stored.{{ all_but(['session_started_at', 'load_number']) }}  -- noqa: RF02
        from {{ this }} as stored
        inner join touched_sessions
            on
                stored.id_number = touched_sessions.id_number
                and stored.session_started_at = touched_sessions.session_started_at
        where not touched_sessions.is_recounted
    {% endif %}

),

final as (

    select
        sessions.session_started_at,
        campaign_events.*,
        cast({{ current_load() }} as {{ dbt.type_bigint() }}) as load_number
    from campaign_events
    inner join sessions
        on
            campaign_events.id_number = sessions.id_number
            and campaign_events.touched_at between sessions.session_started_at and sessions.session_ended_at
    qualify
        row_number() over (
            partition by sessions.id_number, sessions.session_started_at
            order by campaign_events.touched_at, campaign_events.event_id, campaign_events.source_name
        ) = 1

)

select * from final
