{# What Mixpanel's own libraries make up for a visitor: a UUID, or five groups of hexadecimal digits. #}
{% set uuid = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}' %}
{% set five_groups = '[0-9a-f]{10,16}-[0-9a-f]{10,16}-[0-9a-f]{1,8}-[0-9a-f]{4,8}-[0-9a-f]{10,16}' %}

with events as (

    select * from {{ ref('base_mixpanel__events') }}

),

pairs as (

    select
        *,
        -- Merging rewrites distinct_id, in exports of earlier events too. What was sent is kept beside it.
        coalesce(id_before, distinct_id) as tracked_id,
        case sent_event_name
            when '$identify' then anon_id
            when '$create_alias' then coalesce(id_before, distinct_id)
            when '$merge' then merged_id_1
        end as one_id,
        case sent_event_name
            when '$identify' then coalesce(identified_id, user_id, id_before, distinct_id)
            when '$create_alias' then alias
            when '$merge' then merged_id_2
        end as other_id
    from events

),

devices_told as (

    select
        *,
        {% for name in ['tracked_id', 'user_id', 'one_id', 'other_id'] %}
            {{ regexp_replaced(name, '^[$]device:') }} as bare_{{ name }},
            coalesce({{ name }} like '$device:%' or {{ name }} = device_id, false) as is_device_{{ name }},
            coalesce({{ regexp_matches('lower(' ~ name ~ ')', "'^(?:" ~ uuid ~ '|' ~ five_groups ~ ")$'") }}, false)
                as is_generated_{{ name }},
        {% endfor %}
        link_failure is not null as is_link_refused
    from pairs

),

roles_told as (

    select
        *,
        case
            when user_id is not null and not is_device_user_id then user_id
            when not is_device_tracked_id and not is_generated_tracked_id then tracked_id
        end as own_user_id,
        -- A user id may be a UUID, too: it is told by standing there as one.
        coalesce(
            device_id,
            case when is_device_tracked_id or (is_generated_tracked_id and tracked_id != coalesce(user_id, '')) then bare_tracked_id end
        ) as own_visitor_id,
        -- Where a page was not reset, `$identify` names the user before, which may be a UUID. A visitor's own id is the device's.
        is_device_one_id or (is_generated_one_id and (sent_event_name != '$identify' or device_id is null)) as is_one_visitor,
        is_device_other_id or (is_generated_other_id and sent_event_name != '$identify') as is_other_visitor
    from devices_told

),

links_told as (

    select
        *,
        -- Mixpanel, too, links by `$identify` a visitor's id only.
        coalesce(
            not is_link_refused and bare_one_id != bare_other_id and (is_one_visitor or sent_event_name != '$identify'), false
        ) as is_link,
        coalesce(bare_one_id = bare_other_id, false) as is_same_id
    from roles_told

),

final as (

    select
        {{ all_but(['device_id', 'user_id']) }},
        case
            -- Where a browser or app does not name its device, its user stands for it.
            when not is_link then coalesce(own_visitor_id, case when coalesce(sent_os, sent_browser) is not null then own_user_id end)
            when is_one_visitor then bare_one_id
            when is_other_visitor then bare_other_id
            -- Stands for two users that were merged; no device has such an id.
            else 'mixpanel-' || {{ surrogate_key(['one_id', 'other_id']) }}
        end as anonymous_id,
        case
            when is_link and is_one_visitor and is_other_visitor then bare_other_id
            when is_link and is_one_visitor then coalesce(device_id, bare_one_id)
            when is_link and is_other_visitor then coalesce(device_id, bare_other_id)
            when not is_link then own_visitor_id
        end as device_id,
        case
            when sent_event_name = '$identify' and not (is_link or is_link_refused or is_other_visitor or is_same_id) then bare_other_id
            when not is_link then own_user_id
            when not is_other_visitor then bare_other_id
            when not is_one_visitor then bare_one_id
        end as user_id,
        case when is_link and not is_one_visitor and not is_other_visitor then bare_one_id end as other_user_id,
        case
            when sent_event_name = '$identify' then 'identify'
            when sent_event_name in ('$create_alias', '$merge') then 'alias'
            when sent_event_name in ('$mp_web_page_view', 'mp_page_view') then 'page'
            else 'track'
        end as event_type,
        case
            when is_link and is_one_visitor = is_other_visitor
                then {{ hashed_if_address('bare_one_id') }} || chr(31) || {{ hashed_if_address('bare_other_id') }}
        end as merged_ids
    from links_told

)

select * from final
