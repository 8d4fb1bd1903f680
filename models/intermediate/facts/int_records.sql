-- The last version of each record that a customer has in a channel, or several that are of one moment.
{{
    config(
        materialized='incremental',
        incremental_strategy='replace_changed',
        unique_key='id_number',
        meta={'changed_entities': {'model': 'int_changed_visitors'}}
    )
}}

with changed_visitors as (

    select * from {{ ref('int_changed_visitors') }}

),

events as (

    select events.* replace (coalesce(shared_events.id_number, events.id_number) as id_number)  -- noqa: RF02
    from {{ ref('int_events') }} as events
    left join {{ ref('int_shared_events') }} as shared_events on events.event_number = shared_events.event_number
    {% if is_incremental() %}
        inner join changed_visitors on events.id_number = changed_visitors.id_number
    {% endif %}
    where {{ "events.source_name = 'records'" if may_hold_rows(ref('int_raw_files'), "source_name = 'records'") else 'false' }}

),

versions as (

    select
        id_number,
        space_id,
        anonymous_id,
        {{ json_text('properties', 'channel') }} as channel,
        {{ json_text('properties', 'record_id') }} as record_id,
        {{ json_text('properties', 'record_type') }} as record_type,
        {{ json_text('properties', 'status') }} as status,
        has_consent,
        occurred_at as updated_at,
        received_at,
        event_id
    from events

),

final as (

    select
        *,
        min(updated_at) over (partition by id_number, channel, record_id) as opened_at
    from versions
    qualify rank() over (partition by id_number, channel, record_id order by updated_at desc, received_at desc) = 1

)

select * from final
