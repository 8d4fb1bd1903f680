{% set key_columns = canonical_key_types() %}

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

    {% for key_column in key_columns %}
        select
            space_id,
            anonymous_id,
            '{{ key_column }}' as key_type,
            {{ key_column }} as key_value,
            cast(occurred_at as date) as observed_date,
            min(occurred_at) as first_observed_at,
            max(occurred_at) as last_observed_at,
            count(*) as event_count
        from events
        where {{ key_column }} is not null
        group by space_id, anonymous_id, {{ key_column }}, observed_date
        union all
    {% endfor %}
    select
        events.space_id,
        events.anonymous_id,
        custom_key.key_type,
        custom_key.key_value,
        cast(events.occurred_at as date) as observed_date,
        min(events.occurred_at) as first_observed_at,
        max(events.occurred_at) as last_observed_at,
        count(*) as event_count
    from events
    cross join {{ unnest_custom_keys('events.custom_keys') }} as custom_key (key_type, key_value)  -- noqa: AL05
    where events.custom_keys is not null
    group by
        events.space_id, events.anonymous_id, custom_key.key_type, custom_key.key_value, observed_date

),

final as (

    select
        ids.id_number,
        observed_keys.*
    from observed_keys
    inner join enabled_key_types on observed_keys.key_type = enabled_key_types.key_type
    inner join ids
        on
            observed_keys.space_id = ids.space_id
            and observed_keys.anonymous_id = ids.anonymous_id

)

select * from final
