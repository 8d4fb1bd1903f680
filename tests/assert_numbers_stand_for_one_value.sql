-- Ids and keys are numbered by hashes. Two that shared a number would be taken for one, so what events say is compared with what
-- each number stands for.
with events as (

    select * from {{ ref('int_events') }}
    where is_observed and {{ is_of_this_run('load_number') }}

),

event_keys as (

    {% for key_column in canonical_key_types() %}
        select
            space_id,
            '{{ key_column }}' as key_type,
            {{ key_column }} as key_value
        from events
        where {{ key_column }} is not null
        union all
    {% endfor %}
    select
        events.space_id,
        custom_key.key_type,
        custom_key.key_value
    from events
    cross join {{ unnest_custom_keys('events.custom_keys', 'custom_key') }}  -- noqa: AL05
    where events.custom_keys is not null

),

final as (

    select
        events.id_number as shared_number,
        'id' as stands_for,
        events.anonymous_id as one_value,
        ids.anonymous_id as other_value
    from events
    inner join {{ ref('int_identity_ids') }} as ids on events.id_number = ids.id_number
    where events.anonymous_id != ids.anonymous_id or events.space_id != ids.space_id
    union all
    select
        key_values.key_number as shared_number,
        event_keys.key_type as stands_for,
        event_keys.key_value as one_value,
        key_values.key_value as other_value
    from event_keys
    inner join {{ ref('int_identity_key_values') }} as key_values
        on {{ hash_64(['event_keys.space_id', 'event_keys.key_type', 'event_keys.key_value']) }} = key_values.key_number
    where
        event_keys.key_value != key_values.key_value
        or event_keys.key_type != key_values.key_type
        or event_keys.space_id != key_values.space_id

)

select * from final
