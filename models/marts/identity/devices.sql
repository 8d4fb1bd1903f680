with ids_of_devices as (

    select
        events.space_id,
        events.device_id,
        events.id_number as visitor_number,
        coalesce(shared_events.id_number, events.id_number) as id_number,
        nullif(events.platform, 'server') as platform,
        events.os,
        events.browser,
        events.is_in_app_browser,
        events.app_id,
        count(*) as event_count,
        min(events.occurred_at) as first_seen_at,
        max(events.occurred_at) as last_seen_at
    from {{ ref('int_events') }} as events
    left join {{ ref('int_shared_events') }} as shared_events on events.event_number = shared_events.event_number
    where events.is_observed and events.device_id is not null
    group by
        events.space_id, events.device_id, events.id_number, coalesce(shared_events.id_number, events.id_number),
        nullif(events.platform, 'server'), events.os, events.browser, events.is_in_app_browser, events.app_id

),

resolved as (

    select * from {{ ref('int_identity_resolved') }}

),

descriptions as (

    -- As the device was last seen, by an event that says what it is.
    select *
    from ids_of_devices
    qualify
        row_number() over (
            partition by space_id, device_id
            order by
                case when coalesce(platform, os, browser) is null then 1 else 0 end asc,
                last_seen_at desc,
                platform asc,
                os asc,
                browser asc,
                is_in_app_browser asc,
                app_id asc,
                id_number asc
        ) = 1

),

persons_of_devices as (

    select
        ids_of_devices.space_id,
        ids_of_devices.device_id,
        count(distinct resolved.person_number) as person_count,
        count(distinct ids_of_devices.visitor_number) as id_count,
        cast(sum(ids_of_devices.event_count) as {{ dbt.type_bigint() }}) as event_count,
        min(ids_of_devices.first_seen_at) as first_seen_at,
        max(ids_of_devices.last_seen_at) as last_seen_at
    from ids_of_devices
    inner join resolved on ids_of_devices.id_number = resolved.id_number
    group by ids_of_devices.space_id, ids_of_devices.device_id

),

final as (

    select
        persons_of_devices.space_id,
        persons_of_devices.device_id,
        descriptions.platform,
        descriptions.os,
        descriptions.browser,
        descriptions.is_in_app_browser,
        descriptions.app_id,
        persons_of_devices.person_count,
        persons_of_devices.id_count,
        persons_of_devices.event_count,
        persons_of_devices.first_seen_at,
        persons_of_devices.last_seen_at
    from persons_of_devices
    inner join descriptions
        on
            persons_of_devices.space_id = descriptions.space_id
            and persons_of_devices.device_id = descriptions.device_id

)

select * from final
