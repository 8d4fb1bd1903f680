-- Whose an id was at the end of which days: from joined_date until the day before left_date. A run that continues the one before
-- looks at the persons, of any day, that its changed ids ever belonged to.
{{ config(meta={'lasts_for_a_run': true}) }}

with changed_persons as (

    select * from {{ ref('int_changed_persons') }}

),

history as (

    select * from {{ ref('int_identity_history') }}

),

ids as (

    select
        id_number,
        space_id,
        node_id
    from {{ ref('int_identity_ids') }}

),

persons as (

    select distinct history.person_number
    from history
    {% if last_complete_load() > 0 %}
        inner join changed_persons on history.id_number = changed_persons.identity_number
        union distinct
        -- A person that nobody belongs to any more is there by name, so that its rows go.
        select identity_number as person_number
        from changed_persons
    {% endif %}

),

names as (

    select
        id_number as person_number,
        space_id,
        node_id as universal_id
    from ids
    union all
    select
        identity_number as person_number,
        space_id,
        identity_id as universal_id
    from changed_persons
    where identity_number not in (select ids.id_number from ids)

),

final as (

    select
        names.space_id,
        names.universal_id,
        ids.id_number as person_number,
        history.id_number,
        cast(history.valid_from_at as date) as joined_date,
        coalesce(cast(history.valid_to_at as date), cast('9999-12-31' as date)) as left_date
    from persons
    inner join names on persons.person_number = names.person_number
    left join history
        on
            persons.person_number = history.person_number
            and (
                history.valid_to_at is null
                or cast(history.valid_from_at as date) < cast(history.valid_to_at as date)
            )
    left join ids on history.person_number = ids.id_number

)

select * from final
