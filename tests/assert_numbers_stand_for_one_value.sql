-- Ids and keys are numbered by hashes. Two that shared a number would be taken for one, so what events say is compared with what
-- each number stands for.
with events as (

    select * from {{ ref('int_events') }}
    where is_observed and {{ is_of_this_run('load_number', 'load_number') }}

),

ids as (

    select * from {{ ref('int_identity_ids') }}

),

key_values as (

    select * from {{ ref('int_identity_key_values') }}

),

final as (

    select
        events.id_number as shared_number,
        'id' as stands_for,
        events.anonymous_id as one_value,
        ids.anonymous_id as other_value
    from events
    inner join ids on events.id_number = ids.id_number
    where events.anonymous_id != ids.anonymous_id or events.space_id != ids.space_id
    {% for key_column in canonical_key_types() %}
        union all
        select
            key_values.key_number as shared_number,
            '{{ key_column }}' as stands_for,
            events.{{ key_column }} as one_value,
            key_values.key_value as other_value
        from events
        inner join key_values
            on {{ hash_64(['events.space_id', "'" ~ key_column ~ "'", 'events.' ~ key_column]) }} = key_values.key_number
        where
            events.{{ key_column }} != key_values.key_value
            or key_values.key_type != '{{ key_column }}'
            or events.space_id != key_values.space_id
    {% endfor %}
    union all
    select
        key_values.key_number as shared_number,
        custom_key.key_type as stands_for,
        custom_key.key_value as one_value,
        key_values.key_value as other_value
    from events
    cross join {{ unnest_custom_keys('events.custom_keys', 'custom_key') }}  -- noqa: AL05
    inner join key_values
        on {{ hash_64(['events.space_id', 'custom_key.key_type', 'custom_key.key_value']) }} = key_values.key_number
    where
        events.custom_keys is not null
        and (
            custom_key.key_value != key_values.key_value
            or custom_key.key_type != key_values.key_type
            or events.space_id != key_values.space_id
        )

)

select * from final
