{{ config(materialized='view') }}

with versions as (

    select
        event_name,
        schema_version as written_version,
        {{ id_text('cast(schema_version as ' ~ dbt.type_string() ~ ')') }} as schema_version,
        lifecycle_status,
        case lifecycle_status when 'active' then 1 when 'deprecated' then 2 when 'draft' then 3 else 4 end as status_rank,
        is_conversion,
        conversion_kind,
        is_consent_change,
        required_properties,
        property_types
    from {{ ref('event_taxonomy') }}

),

final as (

    -- A version once, however it is written, or an event would be two.
    select
        event_name,
        schema_version,
        lifecycle_status,
        is_conversion,
        case when is_conversion then coalesce(conversion_kind, event_name) end as conversion_kind,
        is_consent_change,
        required_properties,
        -- Any value can be read as a string, so there is nothing to look at.
        nullif({{ regexp_replaced('property_types', '[|]?[^|:]+:string') }}, '') as property_types,
        concat(coalesce(required_properties, ''), '|', {{ regexp_replaced("coalesce(property_types, '')", ':[^|]*') }})
            as property_names,
        -- What an event without a version, or of a version nobody registered, is held to. Versions are text: the longer number is the greater one.
        row_number() over (
            partition by event_name order by status_rank asc, length(schema_version) desc, schema_version desc, written_version asc
        ) = 1 as is_current
    from versions
    qualify row_number() over (partition by event_name, schema_version order by status_rank, written_version) = 1

)

select * from final
