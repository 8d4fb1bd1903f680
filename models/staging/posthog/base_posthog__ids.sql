{# What libraries make up for a visitor: a UUID of version 7, before 2023 five groups of other lengths, in apps a UUID of any version. #}
{% set generated_id = '^(?:[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{10,16}(?:-[0-9a-f]{4,16}){3}-[0-9a-f]{10,16})$' %}
{% set uuid = '^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$' %}
{% set server_library = '^(?:posthog-)?(?:node|edge|python|ruby|php|go|java|elixir|dotnet|rs|rust|server)([-_/.]|$)' %}
{# What stands for a visitor in whose browser nothing is kept. #}
{% set cookieless_id = '^(?:cookielessd?_|cklsh_|[$]posthog_)' %}
{% set account_types = raw_columns('posthog').account_id %}

with events as (

    select * from {{ ref('base_posthog__properties') }}

),

kinds_told as (

    select
        *,
        case
            when sent_event_name in ('$identify', '$set') then 'identify'
            when sent_event_name = '$groupidentify' then 'group'
            when sent_event_name in ('$create_alias', '$merge_dangerously') then 'alias'
            when sent_event_name = '$pageview' then 'page'
            when sent_event_name = '$screen' then 'screen'
            else 'track'
        end as event_type,
        -- An interface that is called without a library is a server's, unless the row tells of a device or a page.
        coalesce(
            {{ regexp_matches('library', sql_text(server_library, is_pattern=true)) }},
            coalesce(sent_device_id, source_session_id, page_url) is null
        ) or coalesce(is_server = 'true', false) as is_from_server,
        coalesce(cookieless_mode = 'true', false)
        or coalesce({{ regexp_matches('lower(sent_distinct_id)', sql_text(cookieless_id, is_pattern=true)) }}, false) as is_cookieless
    from events

),

ids_told_apart as (

    -- A hash of ip and browser is shared by strangers, and a server sends a group's name as if it were a person.
    select
        *,
        {% for name in ['distinct_id', 'anon_distinct_id', 'alias'] %}
            case
                when
                    not {{ regexp_matches('lower(sent_' ~ name ~ ')', sql_text(cookieless_id, is_pattern=true)) }}
                    and sent_{{ name }} != coalesce('$' || group_type || '_' || group_key, '')
                    then sent_{{ name }}
            end as {{ name }},
        {% endfor %}
        case when not is_cookieless then sent_device_id end as browser_id,
        {{ regexp_matches('lower(sent_distinct_id)', sql_text(generated_id, is_pattern=true)) }} as is_generated,
        {{ regexp_matches('lower(sent_distinct_id)', sql_text(uuid, is_pattern=true)) }} as is_uuid,
        -- A library that was not reset names the user before, whom PostHog does not merge with this one either.
        coalesce(
            sent_anon_distinct_id = sent_device_id
            or {{ regexp_matches('lower(sent_anon_distinct_id)', sql_text(generated_id, is_pattern=true)) }}
            or (sent_device_id is null and {{ regexp_matches('lower(sent_anon_distinct_id)', sql_text(uuid, is_pattern=true)) }}), false
        ) as is_anon_a_visitor,
        not {{ regexp_matches('lower(sent_alias)', sql_text(generated_id, is_pattern=true)) }} as is_alias_given
    from kinds_told

),

logins_told as (

    select
        *,
        case
            when distinct_id is null then false
            when sent_event_name = '$identify' or is_identified = 'true' or registered_login = distinct_id then true
            when is_identified = 'false' or has_profile = 'false' or browser_id = distinct_id or is_generated then false
            -- Before libraries said so, a browser registered its login, and an app made up UUIDs of any version.
            when not is_from_server and (browser_id is not null or is_uuid) then false
            else true
        end as is_login,
        event_type = 'alias' and coalesce(is_alias_given and alias != coalesce(browser_id, ''), false) as is_alias_login
    from ids_told_apart

),

final as (

    select
        *,
        case
            when event_type = 'alias' and is_login and not is_alias_login then coalesce(alias, browser_id)
            when event_type = 'alias' and not is_login and not is_alias_login then coalesce(alias, distinct_id)
            when sent_event_name = '$identify' and is_anon_a_visitor then anon_distinct_id
            -- Without a cookie a visit is all that is known, so the person must not be looked for.
            when is_cookieless and not is_login then 'non-consent-' || coalesce(source_session_id, event_id)
            when not is_login then coalesce(distinct_id, case when not is_from_server then browser_id end)
            when is_from_server then nullif(browser_id, distinct_id)
            -- Where the device is not known, its user stands for it.
            else coalesce(nullif(browser_id, distinct_id), distinct_id)
        end as anonymous_id,
        case
            when is_login then distinct_id
            when is_alias_login then alias
        end as user_id,
        -- Two logins of one person: the one before is the key's second value.
        case when is_login and is_alias_login then alias end as previous_user_id,
        -- Who has an id that many share is a person to PostHog, too, and has the properties of them all.
        case when distinct_id is not null then sent_person_id end as person_id,
        coalesce(
            set_email,
            case when distinct_id is not null then person_email end,
            case when distinct_id like '%_@_%' then distinct_id end
        ) as email_address,
        coalesce(set_phone, case when distinct_id is not null then person_phone end) as sent_phone,
        coalesce(group_account_id, case when group_type in ('{{ account_types | join("', '") }}') then group_key end) as account_id,
        -- A server's own address is nobody's.
        case when not is_from_server then lower(coalesce(sent_ip, property_ip)) end as ip_address
    from logins_told

)

select * from final
