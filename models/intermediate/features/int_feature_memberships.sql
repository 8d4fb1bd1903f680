-- Whose an id was at the end of which days: from joined_date until the day before left_date. A run looks at changed persons only.
{{ config(meta={'lasts_for_a_run': true}) }}

with changed_persons as (

    select * from {{ ref('int_changed_feature_persons') }}

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

final as (

    select
        ids.id_number,
        anchors.id_number as person_number,
        cast(history.valid_from_at as date) as joined_date,
        coalesce(cast(history.valid_to_at as date), cast('9999-12-31' as date)) as left_date
    from history
    {% if last_complete_load() > 0 %}
        inner join changed_persons
            on
                history.space_id = changed_persons.space_id
                and history.universal_id = changed_persons.universal_id
    {% endif %}
    inner join ids
        on
            history.space_id = ids.space_id
            and history.anonymous_id = ids.anonymous_id
    inner join ids as anchors
        on
            history.space_id = anchors.space_id
            and history.universal_id = anchors.anonymous_id
    where
        history.valid_to_at is null
        or cast(history.valid_from_at as date) < cast(history.valid_to_at as date)

)

select * from final
