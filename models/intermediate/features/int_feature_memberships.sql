-- Whose an id was at the end of which days: from joined_date until the day before left_date. A run that continues the one before
-- looks at the persons, of any day, that its changed ids ever belonged to.
{{ config(meta={'lasts_for_a_run': true}) }}

with changed_persons as (

    select * from {{ ref('int_changed_persons') }}

),

history as (

    select * from {{ ref('users_history') }}

),

ids as (

    select
        id_number,
        space_id,
        anonymous_id
    from {{ ref('int_identity_ids') }}

),

persons as (

    select
        history.space_id,
        history.universal_id
    from history
    {% if last_complete_load() > 0 %}
        inner join changed_persons
            on
                history.space_id = changed_persons.space_id
                and history.anonymous_id = changed_persons.identity_id
        union distinct
        -- A person that nobody belongs to any more is there by name, so that its rows go.
        select
            space_id,
            identity_id as universal_id
        from changed_persons
    {% else %}
        group by history.space_id, history.universal_id
    {% endif %}

),

final as (

    select
        persons.space_id,
        persons.universal_id,
        anchors.id_number as person_number,
        ids.id_number,
        cast(history.valid_from_at as date) as joined_date,
        coalesce(cast(history.valid_to_at as date), cast('9999-12-31' as date)) as left_date
    from persons
    left join history
        on
            persons.space_id = history.space_id
            and persons.universal_id = history.universal_id
            and (
                history.valid_to_at is null
                or cast(history.valid_from_at as date) < cast(history.valid_to_at as date)
            )
    left join ids
        on
            history.space_id = ids.space_id
            and history.anonymous_id = ids.anonymous_id
    left join ids as anchors
        on
            history.space_id = anchors.space_id
            and history.universal_id = anchors.anonymous_id

)

select * from final
