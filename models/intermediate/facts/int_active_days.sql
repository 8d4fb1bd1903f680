{{
    config(
        materialized='incremental',
        incremental_strategy='replace_changed',
        unique_key='id_number',
        meta={'changed_entities': {'model': 'int_changed_visitors'}}
    )
}}

with events as (

    select
        id_number,
        cast(occurred_at as date) as active_date,
        -- A clock may run ahead; nothing is received before it happened.
        cast(greatest(occurred_at, received_at) as date) as received_date,
        device_id,
        is_visit,
        source_name,
        user_id
    from {{ ref('int_uncounted_events') }}
    where is_observed

),

visitors as (

    select * from {{ ref('int_changed_visitors') }}

),

counted as (

    select
        id_number,
        active_date,
        received_date,
        device_id,
        is_visit,
        source_name,
        count(*) as event_count,
        count(user_id) as login_event_count
    from events
    group by id_number, active_date, received_date, device_id, is_visit, source_name
    {% if is_incremental() %}
        union all
        select stored.*
        from {{ this }} as stored
        inner join visitors on stored.id_number = visitors.id_number
        where not visitors.is_recounted
    {% endif %}

),

final as (

    select
        id_number,
        active_date,
        received_date,
        device_id,
        is_visit,
        source_name,
        cast(sum(event_count) as {{ dbt.type_bigint() }}) as event_count,
        cast(sum(login_event_count) as {{ dbt.type_bigint() }}) as login_event_count
    from counted
    group by id_number, active_date, received_date, device_id, is_visit, source_name

)

select * from final
