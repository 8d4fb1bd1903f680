{# What of an event a destination may know somebody by: columns, and keys that staging makes for ad platforms. #}
{% set columns = ['user_id', 'email_hash'] %}
{% set hashes = ['google_email_hash', 'meta_email_hash', 'google_phone_hash', 'meta_phone_hash'] %}
{# Of who was told before, a destination that is switched off has to be told that nobody is known by the name any more. #}
{% set told = stored_rows(previous_run('audience_changes'), 'distinct destination_name') | map(attribute=0) | list %}
{% set types = [] if execute else ['anonymous_id', 'conversion_id'] + columns + hashes %}
{% for destination, type, is_enabled in stored_rows(ref('destinations'), 'destination_name, identifier_type, is_enabled', 'order by 1') %}
    {% do types.append(type) if is_enabled or destination in told %}
{% endfor %}

with ids as (

    select * from {{ ref('int_identity_ids') }}

),

resolved as (

    select * from {{ ref('int_identity_resolved') }}

),

{% if types | select('in', columns + hashes) | list %}
    events as (

        -- Of a device that several users shared, the event tells whose it is.
        select
            coalesce(shared_events.id_number, events.id_number) as id_number,
            events.user_id,
            events.email_hash,
            events.custom_keys
        from {{ ref('int_events') }} as events
        left join {{ ref('int_shared_events') }} as shared_events on events.event_number = shared_events.event_number
        where events.is_observed

    ),
{% endif %}

carried_values as (

    -- The name of an id is, was or may become the name of its person.
    select
        id_number,
        'universal_id' as identifier_type,
        node_id as recipient
    from ids
    {% if 'anonymous_id' in types %}
        union all
        select
            id_number,
            'anonymous_id' as identifier_type,
            anonymous_id as recipient
        from ids
    {% endif %}
    {% for type in columns if type in types %}
        union all
        select distinct
            id_number,
            '{{ type }}' as identifier_type,
            {{ type }} as recipient
        from events
        where {{ type }} is not null
    {% endfor %}
    {% if 'conversion_id' in types %}
        union all
        select
            {{ hash_64(['space_id', 'node_id']) }} as id_number,
            'conversion_id' as identifier_type,
            conversion_id as recipient
        from {{ ref('conversions') }}
    {% endif %}
    {% if types | select('in', hashes) | list %}
        union all
        select distinct
            events.id_number,
            custom_key.key_type as identifier_type,
            custom_key.key_value as recipient
        from events
        cross join {{ unnest_custom_keys('events.custom_keys', 'custom_key') }}  -- noqa: AL05
        where events.custom_keys is not null and custom_key.key_type in ('{{ types | select('in', hashes) | unique | join("', '") }}')
    {% endif %}

),

recipients as (

    -- Nobody is known by what an id carried that expired, not by its conversions either.
    select
        carried_values.identifier_type,
        ids.space_id,
        carried_values.recipient,
        carried_values.id_number,
        anchors.node_id as universal_id
    from carried_values
    inner join ids on carried_values.id_number = ids.id_number
    inner join resolved on carried_values.id_number = resolved.id_number
    inner join ids as anchors on resolved.person_number = anchors.id_number

),

final as (

    -- What more persons than one are known by is nobody's.
    select
        *,
        min(universal_id) over (partition by identifier_type, space_id, recipient)
        = max(universal_id) over (partition by identifier_type, space_id, recipient) as is_of_one_person
    from recipients

)

select * from final
