-- What the number of a key stands for, for keys seen with more than one id and for accounts.
{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key='key_number',
        post_hook="{% if may_hold_rows(ref('int_changed_visitors')) and is_incremental() %}
            delete from {{ this }}
            where key_number not in (
                select key_number from {{ ref('int_identity_keys') }} where id_count > 1 or key_type = 'account_id'
            )
        {% endif %}"
    )
}}
{% set key_columns = canonical_key_types() %}
{% set events = 'events' if is_incremental() else ref('int_uncounted_events') %}

with events as (

    -- As in int_identity_observations.
    select * from {{ ref('int_uncounted_events') }}
    where is_observed

),

shown_keys as (

    select key_number
    from {{ ref('int_identity_keys') }}
    where id_count > 1 or key_type = 'account_id'

),

observed_keys as (

    {% for key_column in key_columns %}
        select
            {{ hash_64(['space_id', "'" ~ key_column ~ "'", key_column]) }} as key_number,
            space_id,
            '{{ key_column }}' as key_type,
            {{ key_column }} as key_value
        from {{ events }}
        where is_observed and {{ key_column }} is not null
        union all
    {% endfor %}
    select
        {{ hash_64(['events.space_id', 'custom_key.key_type', 'custom_key.key_value']) }} as key_number,
        events.space_id,
        custom_key.key_type,
        custom_key.key_value
    from {{ events }} as events
    cross join {{ unnest_custom_keys('events.custom_keys', 'custom_key') }}  -- noqa: AL05
    where events.is_observed and events.custom_keys is not null

),

final as (

    select
        observed_keys.key_number,
        {{ dbt.any_value('observed_keys.space_id') }} as space_id,
        {{ dbt.any_value('observed_keys.key_type') }} as key_type,
        {{ dbt.any_value('observed_keys.key_value') }} as key_value
    from observed_keys
    inner join shown_keys on observed_keys.key_number = shown_keys.key_number
    group by observed_keys.key_number

)

select * from final
