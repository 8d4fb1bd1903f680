with ids_of_devices as (

    select
        space_id,
        device_id,
        id_number,
        count(*) as event_count,
        min(occurred_at) as first_seen_at,
        max(occurred_at) as last_seen_at
    from {{ ref('int_events') }}
    where is_observed and device_id is not null
    group by space_id, device_id, id_number

),

resolved as (

    select * from {{ ref('int_identity_resolved') }}

),

final as (

    select
        ids_of_devices.space_id,
        ids_of_devices.device_id,
        count(distinct resolved.person_number) as person_count,
        count(*) as id_count,
        cast(sum(ids_of_devices.event_count) as {{ dbt.type_bigint() }}) as event_count,
        min(ids_of_devices.first_seen_at) as first_seen_at,
        max(ids_of_devices.last_seen_at) as last_seen_at
    from ids_of_devices
    inner join resolved on ids_of_devices.id_number = resolved.id_number
    group by ids_of_devices.space_id, ids_of_devices.device_id

)

select * from final
