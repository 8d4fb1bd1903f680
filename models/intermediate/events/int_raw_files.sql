{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key=['source_name', 'raw_file'],
        meta={'holds_raw_events': true}
    )
}}
{% set grown = grown_raw_files() if is_incremental() else none %}
{% set noted = relation_named('noted_raw_files') if execute and model.resource_type != 'unit_test' and not flags.EMPTY else none %}
{% set is_noted = noted is not none and load_relation(noted) is not none %}

{% set is_unlisted = 'load_number > (select coalesce(max(listed.load_number), 0) from ' ~ this ~ ' as listed)' %}

with events as (

    select received.*
    from {{ ref('int_events_received') }} as received
    {% if is_incremental() %}
        where
            received.{{ is_unlisted }}
            and {{ is_of_loads('received.load_number', 'event_loads', is_unlisted) }}
            -- Rows that waited are received again, from files that are known.
            and not exists (
                select 1
                from {{ this }} as listed
                where
                    listed.source_name = received.source_name
                    and listed.raw_file = received.raw_file
            )
    {% endif %}
    {% if grown %}
        union all
        select received.*
        from {{ ref('int_events_received') }} as received
        where
            received.load_number >= {{ grown.first_load_number }}
            and received.source_name || ':' || received.raw_file in ({{ grown.files | join(', ') }})
    {% endif %}

),

raw_files as (

    {% if is_noted %}
        -- Size and time when they were read; what they are by now may be another file.
        select
            source_name,
            raw_file,
            size_bytes,
            modified_at
        from {{ noted }}
    {% endif %}
    {{ 'union all' if is_noted and raw_tables() | selectattr('is_relation') | list }}
    {% if not is_noted or raw_tables() | selectattr('is_relation') | list %}
        select
            source_name,
            raw_file,
            size_bytes,
            modified_at
        from {{ raw_files() }} as present
        {{ 'where may_grow' if is_noted }}
    {% endif %}

),

final as (

    select
        events.source_name,
        events.raw_file,
        raw_files.size_bytes,
        raw_files.modified_at,
        count(*) as row_count,
        min(events.load_number) as first_load_number,
        max(events.load_number) as load_number
    from events
    inner join raw_files
        on
            events.source_name = raw_files.source_name
            and events.raw_file = raw_files.raw_file
    group by events.source_name, events.raw_file, raw_files.size_bytes, raw_files.modified_at

)

select * from final
