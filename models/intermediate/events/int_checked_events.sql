{{ config(materialized='view') }}
{% set keeps_taxonomy = var('properties_policy') == 'taxonomy' %}
{% set columns = canonical_columns() | reject('in', ['raw_file', 'raw_row_number', 'custom_keys', 'properties', 'source_rejection_reason', 'has_consent']) | list %}

with events as (

    select * from {{ ref('int_raw_events') }}

),

versions as (

    select
        {{ all_but(['schema_version']) }},
        schema_version as written_version,
        {{ id_text('cast(schema_version as ' ~ dbt.type_string() ~ ')') }} as schema_version,
        case lifecycle_status when 'active' then 1 when 'deprecated' then 2 when 'draft' then 3 else 4 end as status_rank
    from {{ ref('event_taxonomy') }}

),

taxonomy as (

    -- A version once, however it is written, or an event would be two.
    select
        {{ all_but(['written_version', 'status_rank', 'property_types']) }},
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

),

held_to_taxonomy as (

    select
        events.{{ all_but(['schema_version', 'anonymous_id', 'is_anonymous_id_derived']) }},  -- noqa: RF02
        case
            when
                listed.event_name is not null
                or {{ regexp_matches(
                    'lower(events.schema_version)',
                    "'^v?([0-9]{1,2}([.-][0-9]{1,3}){0,2}|[0-9]{1,3})([.+-]?[a-z]{1,10}[.]?[0-9]{0,3})?$|^20[0-9]{2}(-[0-9]{2}){1,2}$'"
                ) }}
                then events.schema_version
            when events.schema_version is not null then '[removed]'
        end as schema_version,
        events.anonymous_id,
        events.is_anonymous_id_derived,
        taxonomy.event_name is not null as is_name_registered,
        events.schema_version is null or listed.event_name is not null as is_version_registered,
        taxonomy.lifecycle_status,
        coalesce(taxonomy.is_conversion, false) as is_conversion,
        case when taxonomy.is_conversion then coalesce(taxonomy.conversion_kind, events.event_name) end as conversion_kind,
        coalesce(taxonomy.is_consent_change, false) as is_consent_change,
        taxonomy.required_properties,
        -- What a record is, is told by properties of this project's own.
        case when events.source_name = 'records' then 'channel|record_id|record_type|status' else coalesce(taxonomy.property_names, '') end
            as property_names,
        taxonomy.property_types
    from events
    left join taxonomy as listed on events.event_name = listed.event_name and events.schema_version = listed.schema_version
    left join taxonomy
        on
            events.event_name = taxonomy.event_name
            and (listed.schema_version = taxonomy.schema_version or (listed.schema_version is null and taxonomy.is_current))

),

final as (

    select
        {{ all_but(['required_properties', 'property_names', 'property_types'] + (['properties'] if keeps_taxonomy else [])) }},
        {% if keeps_taxonomy %}
            {{ kept_properties('properties', 'property_names') }} as properties,
        {% endif %}
        case
            when property_types is not null then {{ first_unfit_property('property_types', 'properties') }}
        end as mistyped_property,
        -- Most events require nothing, and need not be looked through.
        case
            when required_properties is not null
                then {{ first_unfit_property('required_properties', 'properties', dict(zip(columns, columns), **{
                    'revenue': 'revenue_amount',
                    'currency': 'currency_code',
                    'anonymous_id': 'case when not is_anonymous_id_derived then anonymous_id end',
                    'email': 'email_hash',
                    'phone': 'phone_hash',
                    'ip_address': 'ip_token',
                    'page_url': 'page_path',
                    'referrer': 'referrer_host'
                })) }}
        end as missing_property
    from held_to_taxonomy

)

select * from final
