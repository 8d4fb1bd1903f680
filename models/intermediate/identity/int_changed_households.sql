-- Households that a changed user belongs to, or belonged to before this run.
{{ config(meta={'lasts_for_a_run': true}) }}

with changed_users as (

    select * from {{ ref('int_changed_users') }}

),

changed_users_before as (

    select * from {{ ref('int_changed_users_before') }}

),

users as (

    select * from {{ ref('users') }}

),

final as (

    select
        users.space_id,
        users.household_id
    from users
    inner join changed_users
        on
            users.space_id = changed_users.space_id
            and users.anonymous_id = changed_users.anonymous_id
    union distinct
    select
        space_id,
        household_id
    from changed_users_before

)

select * from final
{% if last_complete_load() == 0 %}
    -- A table that is made again takes all households.
    where false
{% endif %}
