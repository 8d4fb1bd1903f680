-- Persons, of any day, whose features this run makes again: all that the ids of int_changed_persons ever belonged to.
{{ config(meta={'lasts_for_a_run': true}) }}

with changed_persons as (

    select * from {{ ref('int_changed_persons') }}

),

users_history as (

    select * from {{ ref('users_history') }}

),

final as (

    select
        space_id,
        identity_id as universal_id
    from changed_persons
    union distinct
    select
        users_history.space_id,
        users_history.universal_id
    from users_history
    inner join changed_persons
        on
            users_history.space_id = changed_persons.space_id
            and users_history.anonymous_id = changed_persons.identity_id

)

select * from final
