-- Persons and cookies whose sessions, conversions or identity changed, by the names that they have now and had before.
{{ config(meta={'lasts_for_a_run': true}) }}

with changed_ids as (

    select * from {{ ref('int_identity_changed_ids') }}

),

withdrawals as (

    select * from {{ ref('int_consent_withdrawals') }}

),

spoken_for as (

    {{ ids_of_statements('withdrawals') }}

),

ids as (

    select * from {{ ref('int_identity_ids') }}

),

{% if last_complete_load() > 0 %}
    withdrawn_persons as (

        select resolved.person_number
        from withdrawals
        inner join spoken_for on withdrawals.id_number = spoken_for.stated_by
        inner join {{ ref('int_identity_resolved') }} as resolved on spoken_for.id_number = resolved.id_number
        where withdrawals.restored_at is null

    ),

{% endif %}
changed as (

    select id_number, space_id, node_id from {{ ref('int_changed_visitors') }}  -- noqa: LT09
    union distinct
    select id_number, space_id, node_id from changed_ids  -- noqa: LT09
    union distinct
    -- Whose a conversion is may change with any report of its order.
    select id_number, space_id, anonymous_id as node_id from {{ ref('int_changed_conversions') }}  -- noqa: LT09
    union distinct
    -- Whom a statement of consent speaks for need have done nothing else.
    select
        ids.id_number,
        ids.space_id,
        ids.node_id
    from withdrawals
    inner join spoken_for on withdrawals.id_number = spoken_for.stated_by
    inner join ids on spoken_for.id_number = ids.id_number
    where withdrawals.load_number > {{ last_complete_load() }}
    {% if last_complete_load() > 0 %}
        union distinct
        -- Nor need whom none speaks for any more: a copy that was received before it said something else, or it was erased.
        select
            ids.id_number,
            ids.space_id,
            ids.node_id
        from {{ previous_run('persons') }} as persons_before
        inner join ids on persons_before.space_id = ids.space_id and persons_before.universal_id = ids.node_id
        where persons_before.has_withdrawn_consent and ids.id_number not in (select withdrawn_persons.person_number from withdrawn_persons)
    {% endif %}

),

cookies as (

    select * from changed
    union distinct
    -- Of an id that several users shared, the id itself, which has no row where each of its events is a user's.
    select ids.visitor_number as id_number, ids.space_id, ids.anonymous_id as node_id  -- noqa: LT09
    from changed
    inner join ids on changed.id_number = ids.id_number
    where ids.id_number != ids.visitor_number
    union distinct
    -- And each of its users.
    select ids.id_number, ids.space_id, ids.node_id  -- noqa: LT09
    from changed
    inner join ids on changed.id_number = ids.visitor_number
    where ids.id_number != ids.visitor_number

),

persons as (

    select resolved.person_number
    from cookies
    inner join {{ ref('int_identity_resolved') }} as resolved on cookies.id_number = resolved.id_number
    union distinct
    select person_number_before as person_number
    from changed_ids

),

final as (

    select
        -- As ids and persons are numbered, so that either can be looked up.
        id_number as identity_number,
        space_id,
        node_id as identity_id
    from cookies
    union distinct
    -- A person whose name no id bears any more is a changed visitor.
    select
        ids.id_number as identity_number,
        ids.space_id,
        ids.node_id as identity_id
    from persons
    inner join ids on persons.person_number = ids.id_number

)

select * from final
