{{
    config(
        materialized='incremental',
        incremental_strategy='replace_changed',
        unique_key='key_number',
        meta={'changed_entities': {'model': 'int_identity_changed_keys'}}
    )
}}

with changed_keys as (

    select * from {{ ref('int_identity_changed_keys') }}

),

observations as (

    select
        linkable.*,
        ids.anonymous_id
    from {{ ref('int_identity_linkable_observations') }} as linkable
    inner join {{ ref('int_identity_ids') }} as ids on linkable.id_number = ids.id_number
    where linkable.corroboration is null
    {% if is_incremental() %}
        and linkable.key_number in (select changed_keys.key_number from changed_keys)
    {% endif %}

),

neighbours as (

    -- Neighbours in time have the same components as all pairs within the window, for the price of a sort.
    select
        key_type,
        key_number,
        window_days,
        id_number,
        observed_date,
        first_observed_at,
        lag(id_number) over key_in_time as previous_id_number,
        lag(observed_date) over key_in_time as previous_observed_date
    from observations
    -- Not by number where both came at one moment: engines number ids differently.
    window key_in_time as (partition by key_number order by first_observed_at, anonymous_id)

),

links as (

    select
        least(id_number, previous_id_number) as id_number_a,
        greatest(id_number, previous_id_number) as id_number_b,
        key_type,
        key_number,
        previous_observed_date as earlier_date,
        observed_date as later_date,
        -- Sorted by time, so the later of the two made it known.
        first_observed_at as linked_at,
        'chain' as link_method
    from neighbours
    where
        id_number != previous_id_number
        and {{ dbt.datediff('previous_observed_date', 'observed_date', 'day') }} <= window_days

),

final as (

    select * from links
    qualify
        row_number() over (
            partition by id_number_a, id_number_b, key_number
            order by linked_at, later_date, earlier_date
        ) = 1

)

select * from final
