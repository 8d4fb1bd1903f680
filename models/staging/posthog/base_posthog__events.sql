{% set events = raw_reader(source('posthog', 'events'), 'posthog', 'events') %}
{% set columns = source_columns(events) %}
{% set ignored = ignored_values() %}
{% set json_columns = {
    'properties': ['properties'], 'person_properties': ['person_properties'],
    'set_column': ['set', 'people_set'], 'set_once_column': ['set_once', 'people_set_once']
} %}

with renamed as (

    select
        {{ raw_file('timestamp') }} as raw_file,
        {{ raw_row_number(events) }} as raw_row_number,
        {{ raw_column(columns, 'uuid') }} as event_id,
        {{ raw_column(columns, 'event') }} as sent_event_name,
        {% for name, column in {'sent_distinct_id': 'distinct_id', 'sent_person_id': 'person_id', 'sent_ip': 'ip'}.items() %}
            {{ known_value(raw_column(columns, column), ignored, is_trimmed=true) }} as {{ name }},
        {% endfor %}
        {% for name, column in {
            'occurred_at': 'timestamp', 'created_at': 'created_at', 'inserted_at': '_inserted_at', 'exported_at': 'bq_ingested_timestamp'
        }.items() %}
            {% set text = raw_column(columns, column) %}
            {% set number = cast_or_null(text, type_double()) %}
            -- A time, or a number since 1970 whose size tells its unit.
            coalesce(
                {{ to_utc_timestamp(column if column in columns else 'null') }},
                case
                    when {{ number }} < 1e11 then {{ to_utc_timestamp(text, 'seconds') }}
                    when {{ number }} < 1e14 then {{ to_utc_timestamp(text, 'milliseconds') }}
                    else {{ to_utc_timestamp(text, 'microseconds') }}
                end
            ) as {{ name }},
        {% endfor %}
        {% for name, places in json_columns.items() %}
            coalesce(
                {% for place in places %}
                    {{ json_column(columns, place) }},
                {% endfor %}
                cast(null as {{ dbt.type_string() }})
            ) as {{ name }},
        {% endfor %}
        {{ raw_column(columns, 'team_id') }} as app_id
    from {{ events }}
    where {{ raw_file('timestamp') }} is not null

),

typed as (

    select
        *,
        {% for name in ['person_properties', 'set_column', 'set_once_column'] %}
            case when {{ is_json(name) }} then {{ name }} end as valid_{{ name }},
        {% endfor %}
        case when {{ is_json('properties') }} then properties end as valid_properties
    from renamed

),

final as (

    -- The columns of what was set are null in many exports, where it stands among the properties all the same.
    select
        *,
        coalesce({{ json_part('valid_properties', '$."$set"') }}, valid_set_column) as properties_set,
        coalesce({{ json_part('valid_properties', '$."$set_once"') }}, valid_set_once_column) as properties_set_once,
        {{ json_part('valid_properties', '$."$group_set"') }} as group_properties,
        {{ json_part('valid_properties', '$."$groups"') }} as group_names
    from typed

)

select * from final
