-- One row per visitor that this run brought events of, or took events from. Those are counted again from all their events.
{{ config(meta={'lasts_for_a_run': true}) }}
{% set goes_on = last_complete_load() > 0 %}

with events as (

    select
        id_number,
        space_id,
        anonymous_id,
        false as is_recounted,
        case when is_observed then user_id end as user_id,
        case when is_observed then account_id end as account_id
    from {{ ref('int_events') }}
    where load_number > {{ last_complete_load() }}

),

combined as (

    select * from events
    union all
    select
        id_number,
        space_id,
        anonymous_id,
        true as is_recounted,
        cast(null as {{ dbt.type_string() }}) as user_id,
        cast(null as {{ dbt.type_string() }}) as account_id
    from {{ ref('int_restated_events') }}
    {% if goes_on %}
        union all
        -- What they were known by before.
        select
            visitor_number as id_number,
            space_id,
            anonymous_id,
            id_number != visitor_number as is_recounted,
            first_user_id as user_id,
            first_account_id as account_id
        from {{ previous_run('int_identity_ids') }}
        where visitor_number in (select events.id_number from events)
    {% endif %}

),

visitors as (

    -- Whose each event of an id of several users is may change with any other.
    select
        id_number,
        {{ dbt.any_value('space_id') }} as space_id,
        {{ dbt.any_value('anonymous_id') }} as anonymous_id,
        {{ dbt.bool_or('is_recounted') }}
        or coalesce(min(user_id) != max(user_id), false)
        or coalesce(min(account_id) != max(account_id), false) as is_recounted
    from combined
    group by id_number

),

final as (

    select
        *,
        anonymous_id as node_id
    from visitors
    {% if goes_on %}
        union all
        -- The users that an id was divided into before.
        select distinct
            parts.id_number,
            visitors.space_id,
            visitors.anonymous_id,
            true as is_recounted,
            parts.node_id
        from {{ previous_run('int_shared_events') }} as parts
        inner join visitors on parts.visitor_number = visitors.id_number
        where parts.id_number != parts.visitor_number
    {% endif %}

)

select * from final
