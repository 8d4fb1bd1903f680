-- One row per session: who it belongs to and what brought it.
{{
    config(
        materialized='incremental',
        incremental_strategy='replace_changed',
        unique_key='id_number',
        meta={'changed_entities': {'model': 'int_changed_persons', 'columns': ['identity_number']}}
    )
}}

with changed_persons as (

    select * from {{ ref('int_changed_persons') }}

),

sessions as (

    select sessions.*
    from {{ ref('int_sessions') }} as sessions
    {% if is_incremental() %}
        inner join changed_persons on sessions.id_number = changed_persons.identity_number
    {% endif %}

),

campaign_sessions as (

    select * from {{ ref('int_campaign_sessions') }}
    where touch_number = 1

),

resolved as (

    select * from {{ ref('int_identity_resolved') }}

),

final as (

    select
        sessions.{{ all_but(['lowest_source_session_id', 'highest_source_session_id']) }},  -- noqa: RF02
        case
            when sessions.lowest_source_session_id = sessions.highest_source_session_id then sessions.lowest_source_session_id
        end as source_session_id,
        -- A session without consent stays with its cookie, whoever that belongs to.
        coalesce(resolved.person_number, sessions.id_number) as person_number,
        coalesce(campaign_sessions.channel, 'direct') as channel,
        coalesce(campaign_sessions.touched_at, sessions.session_started_at) as touched_at,
        campaign_sessions.utm_source,
        campaign_sessions.utm_medium,
        campaign_sessions.utm_campaign,
        campaign_sessions.utm_content,
        campaign_sessions.utm_term,
        campaign_sessions.click_id,
        campaign_sessions.click_id_type,
        campaign_sessions.referrer_host
    from sessions
    left join campaign_sessions
        on
            sessions.id_number = campaign_sessions.id_number
            and sessions.session_started_at = campaign_sessions.session_started_at
    left join resolved
        on
            sessions.id_number = resolved.id_number
            and sessions.has_consent

)

select * from final
