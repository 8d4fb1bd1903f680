-- Neighbours in time link whom all pairs would, but where a limit refuses a link the pair it bridged must still be found:
-- here neighbours are found once more, among those whose groups hold one value.
{{ config(meta={'lasts_for_a_run': true}) }}

with persons as (

    select
        persons.*,
        rounds.parent_number
    from {{ ref('int_group_contested_persons') }} as persons
    inner join {{ ref('int_group_limited_rounds') }} as rounds on persons.node_number = rounds.node_number

),

contested_values as (

    select * from {{ ref('int_group_contested_values') }}

),

observations as (

    select * from {{ ref('int_group_observations') }}

),

keys as (

    select * from {{ ref('int_group_keys') }}
    where is_linking

),

cluster_values as (

    select distinct
        persons.parent_number,
        contested_values.key_number as held_key_number
    from persons
    inner join contested_values on persons.node_number = contested_values.node_number

),

sightings as (

    select
        persons.resolution_level,
        persons.group_number,
        persons.node_number,
        persons.parent_number,
        cluster_values.held_key_number,
        observations.key_type,
        observations.key_number,
        observations.observed_date,
        observations.first_observed_at,
        keys.window_days,
        keys.priority
    from observations
    inner join persons
        on
            observations.resolution_level = persons.resolution_level
            and observations.person_number = persons.person_number
    inner join cluster_values on persons.parent_number = cluster_values.parent_number
    inner join keys
        on
            observations.resolution_level = keys.resolution_level
            and observations.key_number = keys.key_number

),

neighbours as (

    select
        *,
        lag(node_number) over key_in_time as previous_node_number,
        lag(parent_number) over key_in_time as previous_parent_number,
        lag(observed_date) over key_in_time as previous_observed_date
    from sightings
    window key_in_time as (
        partition by resolution_level, key_number, held_key_number order by first_observed_at, node_number
    )

),

pairs as (

    select
        group_number,
        least(node_number, previous_node_number) as node_number_a,
        greatest(node_number, previous_node_number) as node_number_b,
        key_type,
        key_number,
        priority,
        min(first_observed_at) as linked_at
    from neighbours
    where
        parent_number != previous_parent_number
        and {{ dbt.datediff('previous_observed_date', 'observed_date', 'day') }} <= window_days
    group by group_number, node_number_a, node_number_b, key_type, key_number, priority

),

final as (

    select
        node_number_a,
        node_number_b,
        key_type,
        key_number,
        linked_at,
        row_number() over (
            partition by group_number
            order by priority asc, linked_at asc, node_number_a asc, node_number_b asc, key_number asc
        ) as link_position
    from pairs

)

select * from final
