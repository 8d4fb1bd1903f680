-- The persons and households that changed users belonged to before this run.
{{ config(meta={'lasts_for_a_run': true}) }}

with changed_users as (

    select * from {{ ref('int_changed_users') }}

),

final as (

    {% if last_complete_load() > 0 %}
        select distinct
            stored.space_id,
            stored.universal_id,
            stored.household_id
        from {{ previous_run('users') }} as stored
        inner join changed_users
            on
                stored.space_id = changed_users.space_id
                and stored.anonymous_id = changed_users.anonymous_id
    {% else %}
        select
            space_id,
            anonymous_id as universal_id,
            anonymous_id as household_id
        from changed_users
        where false
    {% endif %}

)

select * from final
