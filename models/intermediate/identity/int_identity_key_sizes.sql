{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key='key_number'
    )
}}

with changed_days as (

    select * from {{ ref('int_changed_days') }}

),

lost_observations as (

    select * from {{ ref('int_identity_lost_observations') }}

),

observations as (

    select * from {{ ref('int_identity_observations') }}

),

ids as (

    select * from {{ ref('int_identity_ids') }}

),

rules as (

    select * from {{ ref('identity_key_rules') }}
    where resolution_level = 'individual' and is_enabled and window_days is not null

),

{% if is_incremental() %}
    touched_keys as (

        select
            observations.key_number,
            observations.key_type,
            {{ dbt.any_value('ids.space_id') }} as space_id
        from {{ ref('int_identity_observations') }} as observations
        inner join changed_days
            on
                observations.id_number = changed_days.id_number
                and observations.observed_date = changed_days.observed_date
        inner join ids on observations.id_number = ids.id_number
        group by observations.key_number, observations.key_type
        union distinct
        select
            stored.key_number,
            stored.key_type,
            stored.space_id
        from {{ this }} as stored
        inner join lost_observations on stored.key_number = lost_observations.key_number

    ),

    sizes as (

        -- A key that nobody is seen with any more stays with 0 ids, so that its links are taken back.
        select
            touched_keys.key_number,
            touched_keys.key_type,
            touched_keys.space_id,
            count(distinct observations.id_number) as id_count,
            min(observations.first_observed_at) as first_observed_at,
            max(observations.last_observed_at) as last_observed_at,
            cast({{ current_load() }} as {{ dbt.type_bigint() }}) as load_number
        from touched_keys
        left join observations on touched_keys.key_number = observations.key_number
        group by touched_keys.key_number, touched_keys.key_type, touched_keys.space_id

    ),
{% else %}
    ids_of_keys as (

        select
            key_number,
            key_type,
            id_number,
            min(first_observed_at) as first_observed_at,
            max(last_observed_at) as last_observed_at
        from observations
        group by key_number, key_type, id_number

    ),

    sizes as (

        select
            ids_of_keys.key_number,
            ids_of_keys.key_type,
            {{ dbt.any_value('ids.space_id') }} as space_id,
            count(*) as id_count,
            min(ids_of_keys.first_observed_at) as first_observed_at,
            max(ids_of_keys.last_observed_at) as last_observed_at,
            cast({{ current_load() }} as {{ dbt.type_bigint() }}) as load_number
        from ids_of_keys
        inner join ids on ids_of_keys.id_number = ids.id_number
        group by ids_of_keys.key_number, ids_of_keys.key_type

    ),
{% endif %}

sightings as (

    -- Where a key is seen with one id, or within one window only, all its ids are in that window.
    select
        observations.key_number,
        observations.id_number,
        observations.observed_date,
        rules.window_days
    from observations
    inner join sizes on observations.key_number = sizes.key_number
    inner join rules on sizes.key_type = rules.key_type
    where
        sizes.id_count > 1
        and {{ dbt.datediff('sizes.first_observed_at', 'sizes.last_observed_at', 'day') }} > rules.window_days

),

window_sizes as (

    {{ largest_in_window('sightings', ['key_number'], 'id_number') }}

),

final as (

    select
        sizes.*,
        coalesce(window_sizes.member_count, sizes.id_count) as window_id_count
    from sizes
    left join window_sizes on sizes.key_number = window_sizes.key_number

)

select * from final
