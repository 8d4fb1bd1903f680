with events as (

    select * from {{ ref('int_events') }}
    where has_consent

),

ids as (

    select * from {{ ref('int_identity_ids') }}

),

enabled_key_types as (

    select distinct key_type
    from {{ ref('identity_key_rules') }}
    where is_enabled

),

observed_keys as (

    {% for key_type in canonical_key_types() if key_type != 'device_id' %}
        select
            space_id,
            anonymous_id,
            '{{ key_type }}' as key_type,
            {{ key_type }} as key_value,
            occurred_at
        from events
        where {{ key_type }} is not null
        union all
    {% endfor %}
    select
        events.space_id,
        events.anonymous_id,
        custom_key.key_type,
        custom_key.key_value,
        events.occurred_at
    from events
    cross join {{ unnest_custom_keys('events.custom_keys') }} as custom_key (key_type, key_value)  -- noqa: AL05

),

daily as (

    select
        space_id,
        anonymous_id,
        key_type,
        key_value,
        cast(occurred_at as date) as observed_date,
        min(occurred_at) as first_observed_at,
        max(occurred_at) as last_observed_at,
        count(*) as event_count
    from observed_keys
    where key_type in (select enabled_key_types.key_type from enabled_key_types)
    group by space_id, anonymous_id, key_type, key_value, observed_date

),

final as (

    select
        ids.id_number,
        daily.*
    from daily
    inner join ids
        on
            daily.space_id = ids.space_id
            and daily.anonymous_id = ids.anonymous_id

)

select * from final
