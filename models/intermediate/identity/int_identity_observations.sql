{% set key_columns = canonical_key_types() | reject('equalto', 'device_id') | list %}

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

daily_combinations as (

    -- Most events of a day repeat their keys: grouped once, before the keys are taken apart.
    select
        space_id,
        anonymous_id,
        cast(occurred_at as date) as observed_date,
        {{ key_columns | join(',\n        ') }},
        min(occurred_at) as first_observed_at,
        max(occurred_at) as last_observed_at,
        count(*) as event_count
    from events
    group by
        space_id,
        anonymous_id,
        observed_date,
        {{ key_columns | join(',\n        ') }}

),

observed_keys as (

    {% for key_column in key_columns %}
        select
            space_id,
            anonymous_id,
            '{{ key_column }}' as key_type,
            {{ key_column }} as key_value,
            observed_date,
            first_observed_at,
            last_observed_at,
            event_count
        from daily_combinations
        where {{ key_column }} is not null
        union all
    {% endfor %}
    select
        events.space_id,
        events.anonymous_id,
        custom_key.key_type,
        custom_key.key_value,
        cast(events.occurred_at as date) as observed_date,
        events.occurred_at as first_observed_at,
        events.occurred_at as last_observed_at,
        1 as event_count
    from events
    cross join {{ unnest_custom_keys('events.custom_keys') }} as custom_key (key_type, key_value)  -- noqa: AL05
    where events.custom_keys is not null

),

daily as (

    select
        space_id,
        anonymous_id,
        key_type,
        key_value,
        observed_date,
        min(first_observed_at) as first_observed_at,
        max(last_observed_at) as last_observed_at,
        cast(sum(event_count) as {{ dbt.type_bigint() }}) as event_count
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
