{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key=['resolution_level', 'key_number']
    )
}}

with changed_persons as (

    select * from {{ ref('int_group_changed_persons') }}

),

lost_observations as (

    select * from {{ ref('int_group_lost_observations') }}

),

observations as (

    select * from {{ ref('int_group_observations') }}

),

rules as (

    select * from {{ ref('identity_key_rules') }}
    where is_enabled and window_days is not null

),

{% if is_incremental() %}
    touched_keys as (

        select
            observations.resolution_level,
            observations.space_id,
            observations.key_type,
            observations.key_number
        from {{ ref('int_group_observations') }} as observations
        inner join changed_persons on observations.person_number = changed_persons.person_number
        union distinct
        select
            stored.resolution_level,
            stored.space_id,
            stored.key_type,
            stored.key_number
        from {{ this }} as stored
        inner join lost_observations
            on
                stored.resolution_level = lost_observations.resolution_level
                and stored.key_number = lost_observations.key_number

    ),

    sizes as (

        -- A key that nobody is seen with any more stays with 0 persons, so that its links are taken back.
        select
            touched_keys.resolution_level,
            touched_keys.space_id,
            touched_keys.key_type,
            touched_keys.key_number,
            count(distinct observations.person_number) as person_count,
            cast({{ current_load() }} as {{ dbt.type_bigint() }}) as load_number
        from touched_keys
        left join observations
            on
                touched_keys.key_number = observations.key_number
                and touched_keys.resolution_level = observations.resolution_level
        group by touched_keys.resolution_level, touched_keys.space_id, touched_keys.key_type, touched_keys.key_number

    ),
{% else %}
    persons_of_keys as (

        select distinct
            resolution_level,
            space_id,
            key_type,
            key_number,
            person_number
        from observations

    ),

    sizes as (

        select
            resolution_level,
            space_id,
            key_type,
            key_number,
            count(*) as person_count,
            cast({{ current_load() }} as {{ dbt.type_bigint() }}) as load_number
        from persons_of_keys
        group by resolution_level, space_id, key_type, key_number

    ),
{% endif %}

sightings as (

    select
        observations.resolution_level,
        observations.key_number,
        observations.person_number,
        observations.observed_date,
        rules.window_days
    from observations
    inner join sizes
        on
            observations.resolution_level = sizes.resolution_level
            and observations.key_number = sizes.key_number
    inner join rules
        on
            sizes.resolution_level = rules.resolution_level
            and sizes.key_type = rules.key_type
    where sizes.person_count > 1

),

window_sizes as (

    {{ largest_in_window('sightings', ['resolution_level', 'key_number'], 'person_number') }}

),

final as (

    select
        sizes.*,
        coalesce(window_sizes.member_count, sizes.person_count) as window_person_count
    from sizes
    left join window_sizes
        on
            sizes.resolution_level = window_sizes.resolution_level
            and sizes.key_number = window_sizes.key_number

)

select * from final
