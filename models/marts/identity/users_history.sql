{{
    config(
        materialized='incremental',
        incremental_strategy='replace_changed',
        unique_key=['space_id', 'anonymous_id'],
        meta={'changed_entities': {'model': 'int_changed_persons', 'columns': ['space_id', 'identity_id']}}
    )
}}
-- depends_on: {{ ref('int_changed_persons') }}
{% set never = "cast('9999-12-31' as " ~ dbt.type_timestamp() ~ ")" %}
with changed_persons as (

    select * from {{ ref('int_changed_persons') }}

),

ids as (

    select * from {{ ref('int_identity_ids') }}
    {% if is_incremental() %}
        where visitor_number in (select changed_persons.identity_number from changed_persons)
    {% endif %}

),

history as (

    select * from {{ ref('int_identity_history') }}
    where id_number in (select ids.id_number from ids)

),

first_evidence as (

    -- A link may rest on several keys; the first to become known is the one that merged.
    select
        evidence.*,
        coalesce(key_values.key_value, case when evidence.key_type = 'override' then 'always_link' end) as key_value
    from {{ ref('int_identity_evidence') }} as evidence
    left join {{ ref('int_identity_key_values') }} as key_values on evidence.key_number = key_values.key_number
    where evidence.id_number_a in (select history.id_number_a from history)
    qualify
        row_number() over (
            partition by evidence.id_number_a, evidence.id_number_b
            order by evidence.linked_at, evidence.priority, evidence.key_type, key_values.key_value
        ) = 1

),

sightings as (

    -- Of users who are there at one moment the one who stays longest comes last.
    select  -- noqa: LT09
        shared_devices.*, ids.id_number, ids.visitor_number, greatest(sessions.session_started_at, ids.first_seen_at) as seen_at,
        sessions.session_ended_at
    from {{ ref('shared_devices') }} as shared_devices
    inner join ids on shared_devices.space_id = ids.space_id and shared_devices.node_id = ids.node_id
    inner join {{ ref('int_sessions') }} as sessions on ids.id_number = sessions.id_number
    union distinct
    select shared_devices.*, ids.id_number, ids.visitor_number, ids.first_seen_at as seen_at, ids.first_seen_at as session_ended_at  -- noqa: LT09
    from {{ ref('shared_devices') }} as shared_devices
    inner join ids on shared_devices.space_id = ids.space_id and shared_devices.node_id = ids.node_id

),

changes_of_user as (

    select * from sightings
    qualify coalesce(id_number != lag(id_number) over (partition by visitor_number order by seen_at, session_ended_at, node_id), true)

),

stays as (

    select  -- noqa: LT09
        *, lead(seen_at) over in_order as next_seen_at, seen_at > first_value(seen_at) over in_order as is_change_of_user
    from changes_of_user
    window in_order as (partition by visitor_number order by seen_at, session_ended_at, node_id)

),

ranges as (

    -- Of an id that several users shared, each one's history holds while that user is there.
    select
        history.{{ all_but(['valid_from_at', 'valid_to_at']) }},  -- noqa: RF02
        coalesce(stays.is_change_of_user and stays.seen_at >= history.valid_from_at, false) as is_change_of_user,
        greatest(history.valid_from_at, coalesce(stays.seen_at, history.valid_from_at)) as valid_from_at,
        nullif(least(coalesce(history.valid_to_at, {{ never }}), coalesce(stays.next_seen_at, {{ never }})), {{ never }}) as valid_to_at,
        case when stays.user_id is not null then 'user_id' when stays.account_id is not null then 'account_id' end as login_type,
        coalesce(stays.user_id, stays.account_id) as login_value
    from history
    left join stays on history.id_number = stays.id_number

),

final as (

    select
        ids.space_id,
        ids.anonymous_id,
        anchors.node_id as universal_id,
        ranges.valid_from_at,
        ranges.valid_to_at,
        ranges.valid_to_at is null as is_current,
        case when ranges.is_change_of_user then 'user_changed' when ranges.id_number_a is null then 'first_seen' else 'merged' end
            as change_type,
        case when ranges.is_change_of_user then ranges.login_type else first_evidence.key_type end as evidence_key_type,
        case when ranges.is_change_of_user then ranges.login_value else first_evidence.key_value end as evidence_key_value,
        case when not ranges.is_change_of_user then linked_ids.node_id end as linked_anonymous_id
    from ranges
    inner join ids on ranges.id_number = ids.id_number
    inner join {{ ref('int_identity_ids') }} as anchors on ranges.person_number = anchors.id_number
    left join {{ ref('int_identity_ids') }} as linked_ids on ranges.linked_id_number = linked_ids.id_number
    left join first_evidence on ranges.id_number_a = first_evidence.id_number_a and ranges.id_number_b = first_evidence.id_number_b
    where ranges.valid_to_at is null or ranges.valid_from_at < ranges.valid_to_at

)

select * from final
