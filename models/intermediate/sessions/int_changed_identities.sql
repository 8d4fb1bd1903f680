-- Persons and cookies whose sessions, conversions or identity changed, by the names that they have now and had before.
{{ config(meta={'lasts_for_a_run': true}) }}

with changed_visitors as (

    select * from {{ ref('int_changed_visitors') }}

),

changed_ids as (

    select * from {{ ref('int_identity_changed_ids') }}

),

changed_conversions as (

    select * from {{ ref('int_changed_conversions') }}

),

users as (

    select * from {{ ref('users') }}

),

conversions as (

    select * from {{ ref('int_conversions') }}

),

now as (

    select
        space_id,
        anonymous_id as identity_id
    from changed_visitors
    union distinct
    select
        space_id,
        anonymous_id as identity_id
    from changed_ids
    union distinct
    select
        conversions.space_id,
        conversions.anonymous_id as identity_id
    from conversions
    inner join changed_conversions on conversions.conversion_id = changed_conversions.conversion_id

),

{% if last_complete_load() > 0 %}
    before as (

        select
            space_id,
            universal_id as identity_id
        from {{ ref('int_changed_users_before') }}
        union distinct
        select
            stored.space_id,
            stored.anonymous_id as identity_id
        from {{ previous_run('conversions') }} as stored
        inner join changed_conversions on stored.conversion_id = changed_conversions.conversion_id

    ),
{% else %}
    before as (

        select * from now
        where false

    ),
{% endif %}

cookies as (

    select * from now
    union distinct
    select * from before

),

identities as (

    select * from cookies
    union distinct
    select
        users.space_id,
        users.universal_id as identity_id
    from users
    inner join cookies
        on
            users.space_id = cookies.space_id
            and users.anonymous_id = cookies.identity_id

),

final as (

    select
        -- As ids and persons are numbered, so that either can be looked up.
        {{ hash_64(['space_id', 'identity_id']) }} as identity_number,
        space_id,
        identity_id
    from identities

)

select * from final
