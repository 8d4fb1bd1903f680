{{
    config(
        materialized='incremental',
        incremental_strategy='replace_changed',
        unique_key=['space_id', 'anonymous_id'],
        meta={'changed_entities': {'model': 'int_changed_persons', 'columns': ['space_id', 'identity_id']}}
    )
}}

with touches as (

    select * from {{ ref('int_touches') }}

),

changed_persons as (

    select * from {{ ref('int_changed_persons') }}

),

anchors as (

    select * from {{ ref('int_identity_ids') }}

),

final as (

    select
        touches.session_id,
        touches.space_id,
        touches.anonymous_id,
        coalesce(anchors.anonymous_id, touches.anonymous_id) as universal_id,
        touches.session_started_at,
        touches.session_ended_at,
        touches.event_count,
        touches.has_consent,
        touches.channel,
        touches.touched_at,
        touches.utm_source,
        touches.utm_medium,
        touches.utm_campaign,
        touches.utm_content,
        touches.utm_term,
        touches.click_id,
        touches.click_id_type,
        touches.referrer_host,
        touches.source_session_id
    from touches
    {% if is_incremental() %}
        inner join changed_persons on touches.id_number = changed_persons.identity_number
    {% endif %}
    left join anchors
        on
            touches.person_number = anchors.id_number
            and touches.has_consent

)

select * from final
