{{
    config(
        materialized='incremental',
        incremental_strategy='replace_changed',
        unique_key=['space_id', 'household_id'],
        meta={'changed_entities': {'model': 'int_changed_households'}}
    )
}}

with users as (

    select * from {{ ref('users') }}

),

changed_households as (

    select * from {{ ref('int_changed_households') }}

),

members as (

    select users.*
    from users
    {% if is_incremental() %}
        inner join changed_households
            on
                users.space_id = changed_households.space_id
                and users.household_id = changed_households.household_id
    {% endif %}

),

final as (

    select
        space_id,
        household_id,
        count(distinct universal_id) as person_count,
        count(*) as id_count,
        coalesce(min(case when has_visits then first_visit_at end), min(first_visit_at)) as first_visit_at,
        max(last_seen_at) as last_seen_at
    from members
    group by space_id, household_id

)

select * from final
