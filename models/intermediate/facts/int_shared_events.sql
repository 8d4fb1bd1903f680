-- Whose each event of an id is on which several users logged in, or that was seen with several accounts.
{{
    config(
        materialized='incremental',
        incremental_strategy='replace_changed',
        unique_key='visitor_number',
        meta={'changed_entities': {'model': 'int_changed_visitors', 'columns': ['id_number']}}
    )
}}
with limits as (

    select
        coalesce({{ dbt.bool_or("key_type = 'user_id'") }}, false) as is_by_user,
        coalesce({{ dbt.bool_or("key_type = 'account_id'") }}, false) as is_by_account
    from {{ ref('identity_key_rules') }}
    where resolution_level = 'individual' and is_enabled and max_values_per_profile is not null

),

observed_events as (

    -- Who gave no consent is not observed, but was there.
    select
        events.event_number,
        events.id_number as visitor_number,
        visitors.space_id,
        visitors.anonymous_id,
        events.occurred_at,
        events.event_id,
        events.source_name,
        events.is_visit,
        case when events.is_observed and limits.is_by_user then events.user_id end as user_id,
        case when events.is_observed then {{ custom_key('events.custom_keys', 'user_id') }} end as previous_user_id,
        case when events.is_observed and limits.is_by_account then events.account_id end as account_id
    from {{ ref('int_events') }} as events
    inner join {{ ref('int_changed_visitors') }} as visitors on events.id_number = visitors.id_number
    cross join limits
    where visitors.is_recounted

),

renamed_users as (

    -- Aliases name the logins of one user, who is told by the first of them.
    {{ first_logins('observed_events') }}

),

events as (

    select
        observed_events.{{ all_but(['user_id', 'previous_user_id']) }},  -- noqa: RF02
        coalesce(renamed_users.first_user_id, observed_events.user_id) as user_id
    from observed_events
    left join renamed_users
        on observed_events.visitor_number = renamed_users.visitor_number and observed_events.user_id = renamed_users.user_id

),

shared_visitors as (

    select visitor_number, min(user_id) != max(user_id) as is_by_user  -- noqa: LT09
    from events
    group by visitor_number
    having min(user_id) != max(user_id) or min(account_id) != max(account_id)

),

shared_events as (

    -- Where there is one user, the account alone divides.
    select
        events.{{ all_but(['user_id']) }},  -- noqa: RF02
        case when shared_visitors.is_by_user then events.user_id end as user_id
    from events
    inner join shared_visitors on events.visitor_number = shared_visitors.visitor_number

),

with_users as (

    {{ told_logins('shared_events', 'user_id') }}

),

of_users as (

    -- An account divides a user who was seen with several; of the events of another user it says nothing.
    select event_number, visitor_number, space_id, anonymous_id, occurred_at, event_id, source_name, is_visit, told_user_id,  -- noqa: LT02,LT09
        case when min(account_id) over of_user != max(account_id) over of_user then account_id end as account_id
    from with_users
    window of_user as (partition by visitor_number, told_user_id)

),

told as (

    {{ told_logins('of_users', 'account_id', visitor='visitor_number, told_user_id') }}

),

named as (

    select event_number, visitor_number, space_id, told_user_id as user_id, told_account_id as account_id,  -- noqa: LT02,LT09
        anonymous_id || case
            when coalesce(told_user_id, told_account_id) is null then ''
            else '~' || substr({{ surrogate_key(['told_user_id', 'told_account_id']) }}, 1, 8)
        end as node_id
    from told

),

final as (

    select event_number, visitor_number, {{ hash_64(['space_id', 'node_id']) }} as id_number, node_id, user_id, account_id  -- noqa: LT09
    from named

)

select * from final
