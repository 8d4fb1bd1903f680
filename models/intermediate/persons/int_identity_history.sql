-- Who an id belonged to, from when to when, and by which link; and what its component looks like, to be compared with the next run's.
{{
    config(
        materialized='incremental',
        incremental_strategy='replace_changed',
        unique_key='id_number',
        meta={'changed_entities': {'model': 'int_identity_changed_ids'}}
    )
}}

with ids as (

    select * from {{ ref('int_identity_ids') }}

),

changed_ids as (

    select * from {{ ref('int_identity_changed_ids') }}

),

changes as (

    select
        id_number,
        id_number as person_number,
        first_seen_at as changed_at,
        cast(null as {{ dbt.type_bigint() }}) as id_number_a,
        cast(null as {{ dbt.type_bigint() }}) as id_number_b,
        cast(null as {{ dbt.type_bigint() }}) as linked_id_number,
        cast(-1 as {{ dbt.type_bigint() }}) as replay_position
    from ids
    union all
    select
        id_number,
        person_number,
        merged_at as changed_at,
        id_number_a,
        id_number_b,
        linked_id_number,
        replay_position
    from {{ ref('int_identity_merges') }}

),

last_changes_at_once as (

    -- Of several changes at one moment the last holds.
    select *
    from changes
    qualify row_number() over (partition by id_number, changed_at order by replay_position desc) = 1

),

final as (

    select
        last_changes_at_once.id_number,
        last_changes_at_once.person_number,
        last_changes_at_once.changed_at as valid_from_at,
        lead(last_changes_at_once.changed_at) over (
            partition by last_changes_at_once.id_number order by last_changes_at_once.changed_at
        ) as valid_to_at,
        last_changes_at_once.id_number_a,
        last_changes_at_once.id_number_b,
        last_changes_at_once.linked_id_number,
        changed_ids.component_hash
    from last_changes_at_once
    inner join changed_ids on last_changes_at_once.id_number = changed_ids.id_number

)

select * from final
